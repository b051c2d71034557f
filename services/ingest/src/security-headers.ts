/**
 * What helmet would set that means something for an API: nothing of an answer is a page, to be framed, or guessed to be
 * of another type. Constants, because helmet sets twelve of them one by one, which takes half as long as all the rest of
 * a small answer (43 µs of 85). A page says its own policy.
 */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
