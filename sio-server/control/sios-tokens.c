/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-tokens.h"

#include <string.h>

#include "sios-credential.h"

#define DIGEST_LENGTH 32 /* of SHA-256 */
#define MIN_TOKEN_LENGTH 16
#define MAX_TOKEN_LENGTH 512
#define MAX_NAME_LENGTH 64
#define MAX_TOKENS 256
#define MAX_FILE_BYTES (256 * 1024)
#define ALL                                                                                        \
  (SIOS_PERMISSION_READ | SIOS_PERMISSION_MANAGE | SIOS_PERMISSION_EMIT |                          \
   SIOS_PERMISSION_CONFIGURE | SIOS_PERMISSION_INSPECT)

typedef struct
{
  char *name;
  guint8 digest[DIGEST_LENGTH];
  SiosPermissions permissions;
} Token;

struct _SiosTokens
{
  GArray *tokens; /* element-type Token */
};

static void
token_clear (gpointer data)
{
  g_free (((Token *) data)->name);
}

static void
make_digest (const char *text, guint8 *digest)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = DIGEST_LENGTH;

  g_checksum_update (checksum, (const guchar *) text, (gssize) strlen (text));
  g_checksum_get_digest (checksum, digest, &length);
}

static gboolean
parse_permissions (const char *text, SiosPermissions *permissions)
{
  static const struct
  {
    const char *name;
    SiosPermissions permissions;
  } known[] = {
    { "read", SIOS_PERMISSION_READ },       { "manage", SIOS_PERMISSION_MANAGE },
    { "emit", SIOS_PERMISSION_EMIT },       { "configure", SIOS_PERMISSION_CONFIGURE },
    { "inspect", SIOS_PERMISSION_INSPECT }, { "all", ALL },
  };
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  *permissions = 0;
  for (guint i = 0; words[i] != NULL; i++)
    {
      guint j = 0;

      g_strstrip (words[i]);
      while (j < G_N_ELEMENTS (known) && strcmp (known[j].name, words[i]) != 0)
        j++;
      if (j == G_N_ELEMENTS (known))
        return FALSE;
      *permissions |= known[j].permissions;
    }
  return *permissions != 0;
}

static gboolean
is_name (const char *text)
{
  gsize length = strlen (text);

  if (length == 0 || length > MAX_NAME_LENGTH)
    return FALSE;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c))
      return FALSE;
  return TRUE;
}

/* What RFC 6750 lets a bearer token have, and no colon. */
static gboolean
is_token (const char *text)
{
  gsize length = strlen (text);

  if (length < MIN_TOKEN_LENGTH || length > MAX_TOKEN_LENGTH)
    return FALSE;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("-._~+/=", *c) == NULL)
      return FALSE;
  return TRUE;
}

/* What is wrong with @line, or NULL. */
static const char *
parse_line (SiosTokens *self, const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, ":", 3);
  guint n_parts = g_strv_length (parts);
  Token token = { .permissions = SIOS_PERMISSION_READ };

  if (n_parts < 2)
    return "expected NAME:TOKEN or NAME:TOKEN:PERMISSIONS";
  if (!is_name (parts[0]))
    return "expected a name of 1 to 64 visible ASCII characters in front of the colon";
  if (!is_token (parts[1]))
    return "expected a token of 16 to 512 letters, digits or -._~+/= behind the name";
  if (n_parts == 3 && !parse_permissions (parts[2], &token.permissions))
    return "expected permissions: some of read, manage, emit, configure and inspect, separated "
           "by commas, or all";
  if (self->tokens->len == MAX_TOKENS)
    return "expected at most 256 tokens";
  make_digest (parts[1], token.digest);
  for (guint i = 0; i < self->tokens->len; i++)
    if (memcmp (g_array_index (self->tokens, Token, i).digest, token.digest, DIGEST_LENGTH) == 0)
      return "this token is there already";
  token.name = g_strdup (parts[0]);
  g_array_append_val (self->tokens, token);
  return NULL;
}

SiosTokens *
sios_tokens_parse (const char *text, gsize length, const char *where, GPtrArray *problems)
{
  g_autoptr (SiosTokens) self = g_new0 (SiosTokens, 1);
  g_autofree char *copy = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_problems = problems->len;

  self->tokens = g_array_new (FALSE, FALSE, sizeof (Token));
  g_array_set_clear_func (self->tokens, token_clear);
  if (memchr (text, '\0', length) != NULL)
    {
      g_ptr_array_add (problems, g_strdup_printf ("%s: expected text, found a NUL byte", where));
      return NULL;
    }
  copy = g_strndup (text, length);
  lines = g_strsplit (copy, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *problem;

      g_strstrip (lines[i]);
      if (lines[i][0] == '\0' || lines[i][0] == '#')
        continue;
      problem = parse_line (self, lines[i]);
      if (problem != NULL)
        g_ptr_array_add (problems, g_strdup_printf ("%s:%u: %s", where, i + 1, problem));
    }
  return problems->len == n_problems ? g_steal_pointer (&self) : NULL;
}

SiosTokens *
sios_tokens_load (const char *key, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = sios_credential_read (key, MAX_FILE_BYTES, &error);
  const char *text;
  gsize length;

  if (bytes == NULL)
    {
      g_ptr_array_add (problems, g_strdup_printf ("api.token-file: %s", error->message));
      return NULL;
    }
  text = g_bytes_get_data (bytes, &length);
  return sios_tokens_parse (text != NULL ? text : "", length, "api.token-file", problems);
}

void
sios_tokens_free (SiosTokens *self)
{
  g_array_unref (self->tokens);
  g_free (self);
}

guint
sios_tokens_get_length (SiosTokens *self)
{
  return self->tokens->len;
}

/* Does not tell by its time where they differ. */
static gboolean
equal_digests (const guint8 *a, const guint8 *b)
{
  volatile guint8 difference = 0;

  for (guint i = 0; i < DIGEST_LENGTH; i++)
    difference |= a[i] ^ b[i];
  return difference == 0;
}

const char *
sios_tokens_find (SiosTokens *self, const char *token, SiosPermissions *permissions)
{
  guint8 digest[DIGEST_LENGTH];
  const Token *found = NULL;

  make_digest (token, digest);
  /* All of them, always. */
  for (guint i = 0; i < self->tokens->len; i++)
    {
      const Token *candidate = &g_array_index (self->tokens, Token, i);

      if (equal_digests (candidate->digest, digest))
        found = candidate;
    }
  if (found == NULL)
    return NULL;
  *permissions = found->permissions;
  return found->name;
}
