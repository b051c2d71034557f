/**
 * What `answer` resolves with. It goes on when it is late; what comes of it then is let go.
 * @throws what `late` makes when nothing has come within `timeoutMs`
 */
export async function inTime<T>(timeoutMs: number, answer: Promise<T>, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), timeoutMs);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
