// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys and tokens made by OpenSSL (through Node), which the tests of the verifier read.
// Usage: node make-tokens.mjs DIRECTORY
// Writes keys and one file per token; "now" in the claims is that of the system.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const dir = process.argv[2];
const now = Math.floor(Date.now() / 1000);
const b64 = (data) => Buffer.from(data).toString('base64url');
const put = (name, data) => fs.writeFileSync(path.join(dir, name), data);

const rsa = (bits) => crypto.generateKeyPairSync('rsa', { modulusLength: bits });
const ec = (namedCurve) => crypto.generateKeyPairSync('ec', { namedCurve });
const pairs = {
  rsa: rsa(2048),
  other: rsa(2048),
  weak: rsa(1024),
  p256: ec('P-256'),
  p384: ec('P-384'),
  p521: ec('P-521'),
  k256: ec('secp256k1'),
  ed25519: crypto.generateKeyPairSync('ed25519'),
  pss: crypto.generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  ed448: crypto.generateKeyPairSync('ed448'),
};
const secret = crypto.randomBytes(64).toString('hex').slice(0, 64);

put('secret', secret + '\n');
for (const [name, pair] of Object.entries(pairs))
  put(name + '.pem', pair.publicKey.export({ type: 'spki', format: 'pem' }));
put('private.pem', pairs.rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));

execFileSync('openssl', ['req', '-x509', '-key', path.join(dir, 'private.pem'), '-subj', '/CN=issuer', '-days', '1',
  '-out', path.join(dir, 'certificate.pem')], { stdio: 'ignore' });

const jwk = (name, extra = {}) => ({ ...pairs[name].publicKey.export({ format: 'jwk' }), kid: name, ...extra });
const good = ['rsa', 'p256', 'p384', 'p521', 'ed25519', 'ed448'];
put('all.jwks', JSON.stringify({ keys: good.map((name) => jwk(name, { use: 'sig' })) }));
put('rsa.jwks', JSON.stringify({ keys: [jwk('rsa', { alg: 'RS256' })] }));
put('other.jwks', JSON.stringify({ keys: [jwk('other')] }));
put('odd.jwks', JSON.stringify({
  keys: [
    { kty: 'new' }, 7, jwk('weak'), jwk('k256'), jwk('rsa', { use: 'enc', kid: 'enc' }),
    jwk('rsa', { key_ops: ['encrypt'], kid: 'ops' }),
    { ...pairs.other.privateKey.export({ format: 'jwk' }), kid: 'private' },
    { ...jwk('p256'), x: 'AA', kid: 'short' },
    { kty: 'oct', k: b64(secret), kid: 'secret' },
    jwk('p256'),
  ],
}));

const hash = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };
const sign = (alg, key, data) => {
  const digest = hash[alg.slice(2)];
  switch (alg.slice(0, 2)) {
    case 'HS':
      return crypto.createHmac(digest, key).update(data).digest();
    case 'RS':
      return crypto.sign(digest, data, key);
    case 'PS':
      return crypto.sign(digest, data, {
        key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES':
      return crypto.sign(digest, data, { key, dsaEncoding: 'ieee-p1363' });
    default:
      return crypto.sign(null, data, key);
  }
};
const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const token = (header, claims, key) => {
  const data = b64(text(header)) + '.' + b64(text(claims));
  const alg = typeof header === 'string' ? JSON.parse(header).alg : header.alg;
  return data + '.' + b64(sign(alg, key, Buffer.from(data)));
};
const claims = {
  sub: 'alice', exp: now + 3600, nbf: now - 10, iat: now - 10, iss: 'https://issuer.test', aud: ['web', 'chat'],
  role: 'admin', groups: ['dev', 'ops'], tenant: 'acme', jti: 'id-1',
  realm_access: { roles: ['editor', 'viewer'] }, 'https://claims.test/org': 'acme-url', number: 42,
};
const hs = (name, extra, header = {}) =>
  put(name + '.jwt', token({ alg: 'HS256', typ: 'JWT', ...header }, { ...claims, ...extra }, secret));

const keyOf = { ES256: 'p256', ES384: 'p384', ES512: 'p521' };
for (const alg of ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']) {
  const name = keyOf[alg] ?? 'rsa';
  put(alg + '.jwt', token({ alg, typ: 'JWT' }, claims, alg.startsWith('HS') ? secret : pairs[name].privateKey));
  put(alg + '-kid.jwt', token({ alg, kid: name }, claims, alg.startsWith('HS') ? secret : pairs[name].privateKey));
}
for (const name of ['ed25519', 'ed448'])
  put(name + '.jwt', token({ alg: 'EdDSA', kid: name }, claims, pairs[name].privateKey));
put('pss.jwt', token({ alg: 'PS384' }, claims, pairs.pss.privateKey));
// r and s with leading zeros and high bits come by themselves among so many
for (let i = 0; i < 300; i++)
  put(`es-${i}.jwt`, token({ alg: 'ES256' }, { ...claims, jti: `${i}` }, pairs.p256.privateKey));

// Claims
hs('expired', { exp: now - 3600 });
hs('just-expired', { exp: now - 30 });
hs('early', { nbf: now + 3600 });
hs('future', { iat: now + 3600 });
hs('issuer', { iss: 'https://elsewhere.test' });
hs('no-issuer', { iss: undefined });
hs('issuer-array', { iss: ['https://issuer.test'] });
hs('audience', { aud: 'mail' });
hs('audience-string', { aud: 'chat' });
hs('no-audience', { aud: undefined });
hs('tenant', { tenant: 'evil' });
hs('no-tenant', { tenant: undefined });
hs('no-expiry', { exp: undefined });
hs('text-expiry', { exp: `${now + 3600}` });
hs('no-user', { sub: undefined });
hs('empty-user', { sub: '' });
hs('control-user', { sub: 'a\nb' });
hs('long-user', { sub: 'u'.repeat(300) });
hs('number-user', { sub: 17 });
hs('object-user', { sub: { name: 'x' } });
hs('many-groups', { groups: Array.from({ length: 300 }, (_, i) => `${i}`) });
hs('one-group', { groups: 'solo' });
hs('no-iat', { iat: undefined, jti: 'id-2' });
hs('big', { filler: 'x'.repeat(5000) });
const long = text({ ...claims, exp: 'EXP' }).replace('"EXP"', '1e999');
put('endless.jwt', token({ alg: 'HS256' }, long, secret));
put('double-claims.jwt', token({ alg: 'HS256' }, text(claims).replace('{', '{"sub":"mallory",'), secret));
put('double-inner.jwt', token({ alg: 'HS256' }, text(claims).replace('"roles"', '"r\\u006fles":["x"],"roles"'), secret));

// Headers
hs('crit', {}, { crit: ['exp'] });
hs('b64', {}, { b64: false });
hs('type', {}, { typ: 'logout+jwt' });
hs('at', {}, { typ: 'application/at+JWT' });
hs('nested', {}, { cty: 'JWT' });
hs('kid-number', {}, { kid: 7 });
hs('kid-long', {}, { kid: 'k'.repeat(300) });
hs('unknown-kid', {}, { kid: 'nobody' });
put('double-header.jwt', token('{"alg":"HS256","alg":"HS256"}', claims, secret));
put('deep-header.jwt', token(`{"alg":"HS256","x":${'['.repeat(500)}${']'.repeat(500)}}`, claims, secret));
put('deep-claims.jwt', token({ alg: 'HS256' }, text(claims).replace('{', `{"x":${'['.repeat(500)}${']'.repeat(500)},`), secret));
put('array.jwt', token({ alg: 'HS256' }, [claims], secret));
put('two.jwt', token({ alg: 'HS256' }, text(claims) + ',' + text(claims), secret));
put('foreign-kid.jwt', token({ alg: 'RS256', kid: 'other' }, claims, pairs.other.privateKey));
put('other-as-rsa.jwt', token({ alg: 'RS256', kid: 'rsa' }, claims, pairs.other.privateKey));
// A key, an address or a certificate in the header is what an attacker would send along.
put('embedded.jwt', token({
  alg: 'RS256', jwk: jwk('other'), jku: 'http://127.0.0.1:9/keys', x5u: 'http://127.0.0.1:9/x', x5c: ['AAAA'],
}, claims, pairs.other.privateKey));
// The public key, which everybody has, as secret
put('confused.jwt', token({ alg: 'HS256' }, claims, pairs.rsa.publicKey.export({ type: 'spki', format: 'pem' })));
put('confused-kid.jwt', token({ alg: 'HS256', kid: 'rsa' }, claims, pairs.rsa.publicKey.export({ type: 'spki', format: 'der' })));
put('curve.jwt', token({ alg: 'ES384', kid: 'p256' }, claims, pairs.p256.privateKey));

// Forms
const unsigned = b64(text({ alg: 'none' })) + '.' + b64(text(claims));
put('none.jwt', unsigned + '.');
put('None.jwt', b64(text({ alg: 'NoNe' })) + '.' + b64(text(claims)) + '.AAAA');
const whole = token({ alg: 'HS256' }, claims, secret);
const [head, body, tail] = whole.split('.');
put('stripped.jwt', `${head}.${body}.`);
put('two-parts.jwt', `${head}.${body}`);
put('four-parts.jwt', `${whole}.x`);
put('one-part.jwt', 'hello');
put('dots.jwt', '..');
put('padded.jwt', `${whole}=`);
put('spaced.jwt', `${head}. ${body}.${tail}`);
put('plus.jwt', `${head}.${body}.+${tail.slice(1)}`);
// Bits behind the last byte: another spelling of the same signature
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
put('spelling.jwt', whole.slice(0, -1) + alphabet[alphabet.indexOf(whole.at(-1)) | 1]);
put('changed.jwt', `${head}.${b64(text({ ...claims, sub: 'mallory' }))}.${tail}`);
put('short-signature.jwt', `${head}.${body}.${tail.slice(0, 40)}`);
put('giant.jwt', `${head}.${'A'.repeat(100000)}.${tail}`);
