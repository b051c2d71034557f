/** A header holds printable ASCII alone; the rest of an id that came from elsewhere is percent-encoded. */
export function headerValue(value: string): string {
  return /^[\x20-\x7e]*$/.test(value)
    ? value
    : value.toWellFormed().replaceAll(/[^\x20-\x7e]+/gu, (part) => encodeURIComponent(part));
}
