/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-token-key.h"

#include <gio/gio.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "sios-json.h"

/* GnuTLS itself, which GIO uses for TLS anyway, and no library for tokens: librhonabwy of Debian 12
 * compares HMACs as strings, in a time that tells how many bytes are right, reads keys
 * anew for each token, and brings an HTTP client along that can follow addresses in tokens. */

#define MIN_RSA_BITS 2048
/* What takes long to verify is refused, since key sets come from the network. */
#define MAX_RSA_BITS 8192
#define MAX_RSA_EXPONENT 8
#define MAX_ID_LENGTH 256

typedef enum
{
  KIND_SECRET,
  KIND_RSA,
  KIND_RSA_PSS,
  KIND_EC,
  KIND_ED
} Kind;

static const struct
{
  const char *name;
  Kind kind;
  int how;    /* gnutls_mac_algorithm_t or gnutls_sign_algorithm_t */
  guint size; /* of a secret at least; of a coordinate */
} algs[SIOS_N_ALGS] = {
  [SIOS_ALG_INVALID] = { "invalid" },
  [SIOS_ALG_HS256] = { "HS256", KIND_SECRET, GNUTLS_MAC_SHA256, 32 },
  [SIOS_ALG_HS384] = { "HS384", KIND_SECRET, GNUTLS_MAC_SHA384, 48 },
  [SIOS_ALG_HS512] = { "HS512", KIND_SECRET, GNUTLS_MAC_SHA512, 64 },
  [SIOS_ALG_RS256] = { "RS256", KIND_RSA, GNUTLS_SIGN_RSA_SHA256 },
  [SIOS_ALG_RS384] = { "RS384", KIND_RSA, GNUTLS_SIGN_RSA_SHA384 },
  [SIOS_ALG_RS512] = { "RS512", KIND_RSA, GNUTLS_SIGN_RSA_SHA512 },
  [SIOS_ALG_PS256] = { "PS256", KIND_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 },
  [SIOS_ALG_PS384] = { "PS384", KIND_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 },
  [SIOS_ALG_PS512] = { "PS512", KIND_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512 },
  [SIOS_ALG_ES256] = { "ES256", KIND_EC, GNUTLS_SIGN_ECDSA_SHA256, 32 },
  [SIOS_ALG_ES384] = { "ES384", KIND_EC, GNUTLS_SIGN_ECDSA_SHA384, 48 },
  [SIOS_ALG_ES512] = { "ES512", KIND_EC, GNUTLS_SIGN_ECDSA_SHA512, 66 },
  [SIOS_ALG_EDDSA] = { "EdDSA", KIND_ED, GNUTLS_SIGN_UNKNOWN },
};

#define ALGS_RS                                                                                    \
  (SIOS_ALG_BIT (SIOS_ALG_RS256) | SIOS_ALG_BIT (SIOS_ALG_RS384) | SIOS_ALG_BIT (SIOS_ALG_RS512))
#define ALGS_PS                                                                                    \
  (SIOS_ALG_BIT (SIOS_ALG_PS256) | SIOS_ALG_BIT (SIOS_ALG_PS384) | SIOS_ALG_BIT (SIOS_ALG_PS512))

struct _SiosTokenKey
{
  gatomicrefcount ref_count;
  Kind kind;
  guint algs;
  char *id;
  GBytes *material; /* the secret, or the public key in DER */
  gsize signature_length;
  int ed_sign;
  /* GnuTLS allows one thread at a time to use one object, so each verification takes one out of
   * here, or makes one more. */
  GMutex lock;
  GPtrArray *idle;
};

SiosAlg
sios_alg_from_name (const char *name)
{
  for (guint i = SIOS_ALG_INVALID + 1; i < SIOS_N_ALGS; i++)
    {
      if (strcmp (algs[i].name, name) == 0)
        return i;
    }
  return SIOS_ALG_INVALID;
}

const char *
sios_alg_get_name (SiosAlg alg)
{
  return algs[alg].name;
}

static void
pubkey_free (gpointer pubkey)
{
  gnutls_pubkey_deinit (pubkey);
}

static SiosTokenKey *
key_new (Kind kind, guint allowed, GBytes *material)
{
  SiosTokenKey *self = g_new0 (SiosTokenKey, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->kind = kind;
  self->algs = allowed;
  self->material = material;
  g_mutex_init (&self->lock);
  self->idle = g_ptr_array_new_with_free_func (pubkey_free);
  return self;
}

SiosTokenKey *
sios_token_key_ref (SiosTokenKey *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sios_token_key_unref (SiosTokenKey *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->idle);
  g_mutex_clear (&self->lock);
  g_bytes_unref (self->material);
  g_free (self->id);
  g_free (self);
}

const char *
sios_token_key_get_id (SiosTokenKey *self)
{
  return self->id;
}

guint
sios_token_key_get_algs (SiosTokenKey *self)
{
  return self->algs;
}

gboolean
sios_token_key_equal (SiosTokenKey *a, SiosTokenKey *b)
{
  return a->kind == b->kind && a->algs == b->algs && g_strcmp0 (a->id, b->id) == 0 &&
         g_bytes_equal (a->material, b->material);
}

SiosTokenKey *
sios_token_key_new_secret (GBytes *secret, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (secret, &length);
  guint allowed = 0;

  if (length > 0 && data[length - 1] == '\n')
    length -= length > 1 && data[length - 2] == '\r' ? 2 : 1;
  if (length > 0 && g_strstr_len (data, (gssize) length, "-----BEGIN ") != NULL)
    {
      g_set_error (
          error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "Expected a shared secret, but this is a key or certificate in PEM, which anybody "
          "may know: give it as public key");
      return NULL;
    }
  for (guint i = SIOS_ALG_HS256; i <= SIOS_ALG_HS512; i++)
    {
      if (length >= algs[i].size)
        allowed |= SIOS_ALG_BIT (i);
    }
  if (allowed == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "A shared secret has at least 32 bytes for HS256, 48 for HS384 and 64 for HS512 "
                   "(RFC 7518 §3.2), this one has %" G_GSIZE_FORMAT
                   ": make one with “openssl rand -base64 64”",
                   length);
      return NULL;
    }
  return key_new (KIND_SECRET, allowed, g_bytes_new_from_bytes (secret, 0, length));
}

static gboolean
gnutls_failed (int rc, const char *what, GError **error)
{
  if (rc >= 0)
    return FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", what, gnutls_strerror (rc));
  return TRUE;
}

static gboolean
check_rsa (gnutls_pubkey_t pubkey, guint bits, GError **error)
{
  gnutls_datum_t modulus, exponent;
  gboolean fits;
  int rc = gnutls_pubkey_export_rsa_raw2 (pubkey, &modulus, &exponent, GNUTLS_EXPORT_FLAG_NO_LZ);

  if (gnutls_failed (rc, "The RSA key cannot be read", error))
    return FALSE;
  fits = exponent.size <= MAX_RSA_EXPONENT;
  gnutls_free (modulus.data);
  gnutls_free (exponent.data);
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || !fits)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "An RSA key has %d to %d bits and an exponent of at most %d bytes, this one has "
                   "%u bits%s",
                   MIN_RSA_BITS, MAX_RSA_BITS, MAX_RSA_EXPONENT, bits,
                   fits ? "" : " and a longer exponent");
      return FALSE;
    }
  return TRUE;
}

/* Says which algorithms fit; 0 with @error set. */
static guint
algs_of_curve (gnutls_pubkey_t pubkey, GError **error)
{
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
  int rc = gnutls_pubkey_export_ecc_raw2 (pubkey, &curve, NULL, NULL, 0);

  if (gnutls_failed (rc, "The EC key cannot be read", error))
    return 0;
  switch (curve)
    {
    case GNUTLS_ECC_CURVE_SECP256R1:
      return SIOS_ALG_BIT (SIOS_ALG_ES256);
    case GNUTLS_ECC_CURVE_SECP384R1:
      return SIOS_ALG_BIT (SIOS_ALG_ES384);
    case GNUTLS_ECC_CURVE_SECP521R1:
      return SIOS_ALG_BIT (SIOS_ALG_ES512);
    default:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "Expected an EC key of P-256, P-384 or P-521, got %s",
                   gnutls_ecc_curve_get_name (curve));
      return 0;
    }
}

/* @pubkey: (transfer full) */
static SiosTokenKey *
key_new_public (gnutls_pubkey_t pubkey, GError **error)
{
  guint bits = 0;
  int pk = gnutls_pubkey_get_pk_algorithm (pubkey, &bits);
  gnutls_datum_t der = { NULL, 0 };
  gsize signature_length = 0;
  Kind kind = KIND_RSA;
  guint allowed = 0;
  SiosTokenKey *self = NULL;

  switch (pk)
    {
    case GNUTLS_PK_RSA:
    case GNUTLS_PK_RSA_PSS:
      kind = pk == GNUTLS_PK_RSA ? KIND_RSA : KIND_RSA_PSS;
      signature_length = (bits + 7) / 8;
      if (check_rsa (pubkey, bits, error))
        allowed = kind == KIND_RSA ? ALGS_RS | ALGS_PS : ALGS_PS;
      break;
    case GNUTLS_PK_ECDSA:
      kind = KIND_EC;
      allowed = algs_of_curve (pubkey, error);
      for (guint i = SIOS_ALG_ES256; i <= SIOS_ALG_ES512; i++)
        {
          if ((allowed & SIOS_ALG_BIT (i)) != 0)
            signature_length = 2 * algs[i].size;
        }
      break;
    case GNUTLS_PK_EDDSA_ED25519:
    case GNUTLS_PK_EDDSA_ED448:
      kind = KIND_ED;
      signature_length = pk == GNUTLS_PK_EDDSA_ED25519 ? 64 : 114;
      allowed = SIOS_ALG_BIT (SIOS_ALG_EDDSA);
      break;
    default:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "Expected a key for RSA, ECDSA or EdDSA, got one for %s",
                   gnutls_pk_algorithm_get_name (pk));
      break;
    }
  if (allowed != 0 && !gnutls_failed (gnutls_pubkey_export2 (pubkey, GNUTLS_X509_FMT_DER, &der),
                                      "The key cannot be kept", error))
    {
      self = key_new (kind, allowed, g_bytes_new (der.data, der.size));
      self->signature_length = signature_length;
      self->ed_sign =
          pk == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_SIGN_EDDSA_ED25519 : GNUTLS_SIGN_EDDSA_ED448;
      g_ptr_array_add (self->idle, pubkey);
    }
  else
    gnutls_pubkey_deinit (pubkey);
  gnutls_free (der.data);
  return self;
}

static gboolean
import_certificate (gnutls_pubkey_t pubkey, const gnutls_datum_t *pem, GError **error)
{
  gnutls_x509_crt_t crt;
  gboolean ok;

  gnutls_x509_crt_init (&crt);
  ok = !gnutls_failed (gnutls_x509_crt_import (crt, pem, GNUTLS_X509_FMT_PEM),
                       "The certificate cannot be read", error) &&
       !gnutls_failed (gnutls_pubkey_import_x509 (pubkey, crt, 0),
                       "The key of the certificate cannot be used", error);
  gnutls_x509_crt_deinit (crt);
  return ok;
}

SiosTokenKey *
sios_token_key_new_pem (const char *text, gsize length, GError **error)
{
  gnutls_datum_t pem = { (unsigned char *) text, (unsigned) length };
  gnutls_pubkey_t pubkey;
  gboolean ok;

  if (length > G_MAXINT || g_strstr_len (text, (gssize) length, "-----BEGIN ") == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "Expected PEM: “-----BEGIN PUBLIC KEY-----” or “-----BEGIN CERTIFICATE-----”");
      return NULL;
    }
  if (g_strstr_len (text, (gssize) length, "PRIVATE KEY-----") != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "Expected a public key, got a private one, which has no business here: take "
                   "“openssl pkey -in FILE -pubout”");
      return NULL;
    }
  gnutls_pubkey_init (&pubkey);
  if (g_strstr_len (text, (gssize) length, "-----BEGIN CERTIFICATE-----") != NULL)
    ok = import_certificate (pubkey, &pem, error);
  else
    ok = !gnutls_failed (gnutls_pubkey_import (pubkey, &pem, GNUTLS_X509_FMT_PEM),
                         "The public key cannot be read", error);
  if (!ok)
    {
      gnutls_pubkey_deinit (pubkey);
      return NULL;
    }
  return key_new_public (pubkey, error);
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

/* Bytes of a member; @size 0 for any size. */
static gboolean
get_bytes (JsonObject *jwk, const char *name, gsize size, gnutls_datum_t *bytes, GError **error)
{
  const char *text = get_string (jwk, name);
  gsize length = 0;

  bytes->data = text != NULL ? sios_base64url_decode (text, strlen (text), &length) : NULL;
  bytes->size = (unsigned) length;
  if (bytes->data != NULL && length > 0 && (size == 0 || size == length))
    return TRUE;
  g_clear_pointer (&bytes->data, g_free);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "Member “%s” of a key is absent, not base64url or of the wrong length", name);
  return FALSE;
}

static SiosTokenKey *
import_rsa (JsonObject *jwk, GError **error)
{
  gnutls_datum_t n = { NULL, 0 }, e = { NULL, 0 };
  gnutls_pubkey_t pubkey = NULL;

  if (get_bytes (jwk, "n", 0, &n, error) && get_bytes (jwk, "e", 0, &e, error))
    {
      gnutls_pubkey_init (&pubkey);
      if (gnutls_failed (gnutls_pubkey_import_rsa_raw (pubkey, &n, &e), "RSA key", error))
        g_clear_pointer (&pubkey, gnutls_pubkey_deinit);
    }
  g_free (n.data);
  g_free (e.data);
  return pubkey != NULL ? key_new_public (pubkey, error) : NULL;
}

static SiosTokenKey *
import_curve (JsonObject *jwk, gboolean edwards, GError **error)
{
  static const struct
  {
    const char *name;
    gboolean edwards;
    gnutls_ecc_curve_t curve;
    gsize size;
  } curves[] = {
    { "P-256", FALSE, GNUTLS_ECC_CURVE_SECP256R1, 32 },
    { "P-384", FALSE, GNUTLS_ECC_CURVE_SECP384R1, 48 },
    { "P-521", FALSE, GNUTLS_ECC_CURVE_SECP521R1, 66 },
    { "Ed25519", TRUE, GNUTLS_ECC_CURVE_ED25519, 32 },
    { "Ed448", TRUE, GNUTLS_ECC_CURVE_ED448, 57 },
  };
  const char *name = get_string (jwk, "crv");

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (curves); i++)
    {
      gnutls_datum_t x = { NULL, 0 }, y = { NULL, 0 };
      gnutls_pubkey_t pubkey = NULL;

      if (strcmp (curves[i].name, name) != 0 || curves[i].edwards != edwards)
        continue;
      if (get_bytes (jwk, "x", curves[i].size, &x, error) &&
          (edwards || get_bytes (jwk, "y", curves[i].size, &y, error)))
        {
          gnutls_pubkey_init (&pubkey);
          if (gnutls_failed (
                  gnutls_pubkey_import_ecc_raw (pubkey, curves[i].curve, &x, edwards ? NULL : &y),
                  "EC key", error))
            g_clear_pointer (&pubkey, gnutls_pubkey_deinit);
        }
      g_free (x.data);
      g_free (y.data);
      return pubkey != NULL ? key_new_public (pubkey, error) : NULL;
    }
  return NULL; /* a curve that we do not have */
}

static SiosTokenKey *
import_secret (JsonObject *jwk, gboolean allow_secret, GError **error)
{
  gnutls_datum_t k;
  g_autoptr (GBytes) bytes = NULL;
  guint allowed = 0;

  if (!allow_secret)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "A key set of a URL must not hold secrets");
      return NULL;
    }
  if (!get_bytes (jwk, "k", 0, &k, error))
    return NULL;
  /* base64url, so no line break belongs to it that should not. */
  bytes = g_bytes_new_take (k.data, k.size);
  for (guint i = SIOS_ALG_HS256; i <= SIOS_ALG_HS512; i++)
    {
      if (k.size >= algs[i].size)
        allowed |= SIOS_ALG_BIT (i);
    }
  if (allowed == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "A secret has at least 32 bytes (RFC 7518 §3.2), this one has %u", k.size);
      return NULL;
    }
  return key_new (KIND_SECRET, allowed, g_steal_pointer (&bytes));
}

/* FALSE if "use" or "key_ops" are there and do not allow it to verify signatures. */
static gboolean
may_verify (JsonObject *jwk)
{
  const char *use = get_string (jwk, "use");
  JsonNode *ops = json_object_get_member (jwk, "key_ops");
  JsonArray *array;

  if (json_object_has_member (jwk, "use") && g_strcmp0 (use, "sig") != 0)
    return FALSE;
  if (ops == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (ops))
    return FALSE;
  array = json_node_get_array (ops);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *op = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (op) && json_node_get_value_type (op) == G_TYPE_STRING &&
          strcmp (json_node_get_string (op), "verify") == 0)
        return TRUE;
    }
  return FALSE;
}

SiosTokenKey *
sios_token_key_new_jwk (JsonObject *jwk, gboolean allow_secret, GError **error)
{
  const char *kty = get_string (jwk, "kty");
  const char *alg = get_string (jwk, "alg");
  const char *id = get_string (jwk, "kid");
  g_autoptr (SiosTokenKey) self = NULL;

  if (kty == NULL || !may_verify (jwk))
    return NULL;
  if (strcmp (kty, "oct") != 0 && json_object_has_member (jwk, "d"))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "A key has its private part with it, so it is secret no more");
      return NULL;
    }
  if ((id == NULL && json_object_has_member (jwk, "kid")) ||
      (id != NULL && strlen (id) > MAX_ID_LENGTH))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "“kid” of a key is not a string of at most %d bytes", MAX_ID_LENGTH);
      return NULL;
    }
  if (strcmp (kty, "RSA") == 0)
    self = import_rsa (jwk, error);
  else if (strcmp (kty, "EC") == 0)
    self = import_curve (jwk, FALSE, error);
  else if (strcmp (kty, "OKP") == 0)
    self = import_curve (jwk, TRUE, error);
  else if (strcmp (kty, "oct") == 0)
    self = import_secret (jwk, allow_secret, error);
  if (self == NULL)
    return NULL;
  if (json_object_has_member (jwk, "alg"))
    self->algs &= alg != NULL ? SIOS_ALG_BIT (sios_alg_from_name (alg)) : 0;
  if (self->algs == 0)
    return NULL;
  self->id = g_strdup (id);
  return g_steal_pointer (&self);
}

static gboolean
verify_secret (SiosTokenKey *self,
               SiosAlg alg,
               const void *data,
               gsize length,
               const guint8 *signature,
               gsize signature_length)
{
  guint8 expected[64];
  gsize key_length;
  const void *key = g_bytes_get_data (self->material, &key_length);

  /* The hashes are as long as the least secrets for them. */
  if (signature_length != algs[alg].size ||
      gnutls_hmac_fast (algs[alg].how, key, key_length, data, length, expected) < 0)
    return FALSE;
  return gnutls_memcmp (expected, signature, signature_length) == 0;
}

static gnutls_pubkey_t
take_pubkey (SiosTokenKey *self)
{
  gnutls_pubkey_t pubkey = NULL;
  gnutls_datum_t der;
  gsize length;

  g_mutex_lock (&self->lock);
  if (self->idle->len > 0)
    pubkey = g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);
  g_mutex_unlock (&self->lock);
  if (pubkey != NULL)
    return pubkey;
  der.data = (unsigned char *) g_bytes_get_data (self->material, &length);
  der.size = (unsigned) length;
  gnutls_pubkey_init (&pubkey);
  if (gnutls_pubkey_import (pubkey, &der, GNUTLS_X509_FMT_DER) < 0)
    g_clear_pointer (&pubkey, gnutls_pubkey_deinit);
  return pubkey;
}

gboolean
sios_token_key_verify (SiosTokenKey *self,
                       SiosAlg alg,
                       const void *data,
                       gsize length,
                       const guint8 *signature,
                       gsize signature_length)
{
  gnutls_datum_t signed_data = { (unsigned char *) data, (unsigned) length };
  gnutls_datum_t value = { (unsigned char *) signature, (unsigned) signature_length };
  gnutls_datum_t encoded = { NULL, 0 };
  gnutls_pubkey_t pubkey;
  int rc = -1;

  if (alg <= SIOS_ALG_INVALID || alg >= SIOS_N_ALGS || (self->algs & SIOS_ALG_BIT (alg)) == 0 ||
      length > G_MAXINT)
    return FALSE;
  if (self->kind == KIND_SECRET)
    return verify_secret (self, alg, data, length, signature, signature_length);
  if (signature_length != self->signature_length)
    return FALSE;
  pubkey = take_pubkey (self);
  if (pubkey == NULL)
    return FALSE;
  if (self->kind == KIND_EC)
    {
      /* RFC 7518 §3.4: the two numbers side by side */
      gnutls_datum_t r = { value.data, algs[alg].size };
      gnutls_datum_t s = { value.data + algs[alg].size, algs[alg].size };

      if (gnutls_encode_rs_value (&encoded, &r, &s) >= 0)
        rc = gnutls_pubkey_verify_data2 (pubkey, algs[alg].how, 0, &signed_data, &encoded);
      gnutls_free (encoded.data);
    }
  else
    {
      int how = self->kind == KIND_ED ? self->ed_sign : algs[alg].how;

      /* The keys that are for PSS alone have names of their own for the same. */
      if (self->kind == KIND_RSA_PSS)
        how += GNUTLS_SIGN_RSA_PSS_SHA256 - GNUTLS_SIGN_RSA_PSS_RSAE_SHA256;
      rc = gnutls_pubkey_verify_data2 (pubkey, how, 0, &signed_data, &value);
    }
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->idle, pubkey);
  g_mutex_unlock (&self->lock);
  return rc >= 0;
}
