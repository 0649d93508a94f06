import { request } from 'node:http';
import { expect, test } from './fixtures';

// What only the served page has. The rules are tested one by one in src/main/serve.test.ts; here: that the program keeps them.

const ask = (url: URL, path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: url.hostname, port: url.port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

test('a missing token, a used token, a wrong host and a wrong origin are refused', async ({ elbo }) => {
  const { address } = elbo;
  if (!address) throw new Error('not served');
  expect(await ask(address, '/', {})).toBe(401);
  expect(await ask(address, `/${address.search}`, {})).toBe(401);
  const cookie = (await elbo.page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  expect(await ask(address, '/', { cookie })).toBe(200);
  expect(await ask(address, '/', { cookie, host: 'evil.example' })).toBe(403);
  const upgrade = { cookie, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  expect(await ask(address, '/socket', { ...upgrade, origin: 'http://evil.example' })).toBe(403);
  expect(await ask(address, '/socket', { ...upgrade, cookie: '', origin: address.origin })).toBe(401);
});

test('the cookie is out of reach of scripts and the token is gone from the address', async ({ page }) => {
  expect(page.url()).not.toContain('token');
  expect(await page.evaluate(() => document.cookie)).toBe('');
  expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
});
