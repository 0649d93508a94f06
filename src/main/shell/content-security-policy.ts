/** The one policy of the page, in the window and in a browser tab. `socket` is the WebSocket origin that a served page may reach. */
export const contentSecurityPolicy = (socket = ''): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    // React and Plotly set style attributes; a style cannot run code.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${socket}`.trim(),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Sent with every file of the page. */
export const securityHeaders = (socket?: string): Record<string, string> => ({
  'content-security-policy': contentSecurityPolicy(socket),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
});
