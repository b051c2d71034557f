/** PostgreSQL stores no NUL, and half of a surrogate pair has no UTF-8. */
export function isUnstorable(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

/** Whether `text` has more than `limit` code points (not code units: an emoji is one of the former, two of the latter). */
export function isLongerThan(limit: number, text: string): boolean {
  // A code point is one or two code units: only between these bounds does it take counting.
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count > limit;
}

/** Length of `text` in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is four bytes: two for each half.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
