// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens and keys, made by OpenSSL through Node.

import crypto from 'node:crypto';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);

const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };

const sign = {
  HS: (hash, data, key) => crypto.createHmac(hash, key).update(data).digest(),
  RS: (hash, data, key) => crypto.sign(hash, data, key),
  PS: (hash, data, key) => crypto.sign(hash, data, { key, ...pss }),
  ES: (hash, data, key) => crypto.sign(hash, data, { key, dsaEncoding: 'ieee-p1363' }),
  Ed: (_hash, data, key) => crypto.sign(null, data, key),
};

// A token with these claims, good for an hour unless they say something else.
export function
token (claims, { alg = 'HS256', key, header = {} })
{
  const all = { sub: 'alice', iat: now(), exp: now() + 3600, ...claims };
  const text = `${part({ alg, typ: 'JWT', ...header })}.${part(all)}`;
  const signature = alg === 'none' ? '' : sign[alg.slice(0, 2)](`sha${alg.slice(2)}`, Buffer.from(text), key).toString('base64url');
  return `${text}.${signature}`;
}

export function
keyPair (alg)
{
  switch (alg.slice(0, 2))
    {
    case 'RS':
    case 'PS':
      return crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ES':
      return crypto.generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] });
    default:
      return crypto.generateKeyPairSync('ed25519');
    }
}

export const pem = (pair) => pair.publicKey.export({ type: 'spki', format: 'pem' });
export const jwk = (pair, kid) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig' });
export const newSecret = () => crypto.randomBytes(48).toString('base64');
