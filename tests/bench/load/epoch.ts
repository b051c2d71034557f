/**
 * What makes milliseconds since 1970 of a monotonic time. `performance.timeOrigin` may be a millisecond off; the moment
 * at which `Date.now()` steps is exact. Noticed late, it gives too little: of a few tries the largest is the best.
 */
export function epochOffsetMs(): number {
  const tries = Array.from({ length: 5 }, () => {
    const before = Date.now();
    let now = before;
    while (now === before) now = Date.now();
    return now - performance.now();
  });
  return Math.max(...tries);
}
