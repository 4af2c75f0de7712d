/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "token-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static char *dir;

void
tokens_make (void)
{
  g_autoptr (GError) error = NULL;
  char *argv[] = { (char *) NODE, (char *) TOKENS_JS, NULL, NULL };
  int status;

  dir = g_dir_make_tmp ("sio-tokens-XXXXXX", &error);
  g_assert_no_error (error);
  argv[2] = dir;
  g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
}

void
tokens_remove (void)
{
  g_autoptr (GDir) files = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_unlink (path);
    }
  g_rmdir (dir);
  g_clear_pointer (&dir, g_free);
}

char *
tokens_read (const char *name, gsize *length)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, length, &error);
  g_assert_no_error (error);
  return text;
}

char *
tokens_get (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".jwt", NULL);

  return tokens_read (file, NULL);
}

void
tokens_add_keys (SiosKeyset *keys, const char *name)
{
  gsize length;
  g_autofree char *text = tokens_read (name, &length);
  g_autoptr (GError) error = NULL;

  if (g_str_has_suffix (name, ".pem"))
    sios_keyset_add_pem (keys, text, length, &error);
  else if (g_str_has_suffix (name, ".jwks"))
    sios_keyset_add_jwks (keys, text, length, TRUE, &error);
  else
    {
      g_autoptr (GBytes) bytes = g_bytes_new (text, length);
      SiosTokenKey *key = sios_token_key_new_secret (bytes, &error);

      if (key != NULL)
        g_ptr_array_add (keys, key);
    }
  g_assert_no_error (error);
}

static void
result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

SiosIdentity *
tokens_verify (SiosVerifier *verifier, const char *token, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  sios_verifier_verify_async (verifier, token, 0, NULL, result_cb, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return sios_verifier_verify_finish (verifier, result, error);
}

void
tokens_accept (SiosVerifier *verifier, const char *name)
{
  g_autofree char *token = tokens_get (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosIdentity) identity = tokens_verify (verifier, token, &error);

  if (identity == NULL)
    g_error ("%s was refused: %s", name, error->message);
}

void
tokens_refuse (SiosVerifier *verifier, const char *name, SiosAuthReason reason)
{
  g_autofree char *token = tokens_get (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosIdentity) identity = tokens_verify (verifier, token, &error);

  if (identity != NULL)
    g_error ("%s was let in", name);
  if (!g_error_matches (error, SIOS_AUTH_ERROR, (int) reason))
    g_error ("%s: expected %s, got: %s", name, sios_auth_reason_get_name (reason), error->message);
}
