/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-keyring.h"

#include <glib/gi18n.h>
#ifdef HAVE_LIBSECRET
#include <libsecret/secret.h>
#endif
#include <string.h>

struct _SioaKeyring
{
  GObject parent_instance;

  GHashTable *passwords; /* "address user" → those that no keyring took */
  char *problem;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaKeyring, sioa_keyring, G_TYPE_OBJECT)

void
sioa_password_free (char *password)
{
  if (password != NULL)
    explicit_bzero (password, strlen (password));
  g_free (password);
}

static void
set_problem (SioaKeyring *self, const char *problem)
{
  if (g_strcmp0 (self->problem, problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (problem);
  g_signal_emit (self, signals[CHANGED], 0);
}

static char *
make_key (const char *uri, const char *user)
{
  return g_strconcat (uri, " ", user, NULL);
}

static void
remember (SioaKeyring *self, const char *uri, const char *user, const char *password)
{
  g_hash_table_replace (self->passwords, make_key (uri, user), g_strdup (password));
}

#ifdef HAVE_LIBSECRET

static const SecretSchema schema = {
  "org.sioglib.Admin.Server",
  SECRET_SCHEMA_NONE,
  { { "server", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { "user", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL, 0 } },
};

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SioaKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  char *password = secret_password_lookup_finish (result, &error);
  char *copy = g_strdup (password);

  secret_password_free (password);
  if (error == NULL)
    set_problem (self, NULL);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    set_problem (self, error->message);
  g_task_return_pointer (task, copy, (GDestroyNotify) sioa_password_free);
}

typedef struct
{
  SioaKeyring *keyring;
  char *uri;
  char *user;
  char *password;
} Stored;

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Stored *stored = user_data;
  g_autoptr (GError) error = NULL;

  if (!secret_password_store_finish (result, &error))
    {
      remember (stored->keyring, stored->uri, stored->user, stored->password);
      set_problem (stored->keyring, error->message);
    }
  else
    set_problem (stored->keyring, NULL);
  g_object_unref (stored->keyring);
  g_free (stored->uri);
  g_free (stored->user);
  sioa_password_free (stored->password);
  g_free (stored);
}

static void
forgotten_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  secret_password_clear_finish (result, &error);
  if (error != NULL)
    g_debug ("A password cannot be removed from the keyring: %s", error->message);
}

#endif

void
sioa_keyring_lookup_async (SioaKeyring *self,
                           const char *uri,
                           const char *user,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *key = make_key (uri, user);
  const char *known = g_hash_table_lookup (self->passwords, key);

  g_task_set_source_tag (task, sioa_keyring_lookup_async);
#ifdef HAVE_LIBSECRET
  if (known == NULL)
    {
      secret_password_lookup (&schema, cancellable, looked_up_cb, g_steal_pointer (&task), "server",
                              uri, "user", user, NULL);
      return;
    }
#endif
  g_task_return_pointer (task, g_strdup (known), (GDestroyNotify) sioa_password_free);
}

char *
sioa_keyring_lookup_finish (SioaKeyring *self, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
sioa_keyring_store (SioaKeyring *self, const char *uri, const char *user, const char *password)
{
  g_autofree char *key = make_key (uri, user);

  g_hash_table_remove (self->passwords, key);
#ifdef HAVE_LIBSECRET
  {
    Stored *stored = g_new0 (Stored, 1);
    /* TRANSLATORS: how keyrings list a password */
    g_autofree char *label = g_strdup_printf (_ ("Administration of %s"), uri);

    stored->keyring = g_object_ref (self);
    stored->uri = g_strdup (uri);
    stored->user = g_strdup (user);
    stored->password = g_strdup (password);
    secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, password, NULL, stored_cb,
                           stored, "server", uri, "user", user, NULL);
  }
#else
  remember (self, uri, user, password);
#endif
}

void
sioa_keyring_forget (SioaKeyring *self, const char *uri, const char *user)
{
  g_autofree char *key = make_key (uri, user);

  g_hash_table_remove (self->passwords, key);
#ifdef HAVE_LIBSECRET
  secret_password_clear (&schema, NULL, forgotten_cb, NULL, "server", uri, "user", user, NULL);
#endif
}

const char *
sioa_keyring_get_problem (SioaKeyring *self)
{
  return self->problem;
}

static void
sioa_keyring_finalize (GObject *object)
{
  SioaKeyring *self = SIOA_KEYRING (object);

  g_hash_table_unref (self->passwords);
  g_free (self->problem);

  G_OBJECT_CLASS (sioa_keyring_parent_class)->finalize (object);
}

static void
sioa_keyring_class_init (SioaKeyringClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_keyring_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_KEYRING, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
sioa_keyring_init (SioaKeyring *self)
{
  self->passwords =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) sioa_password_free);
#ifndef HAVE_LIBSECRET
  self->problem = g_strdup (_ ("this program was built without libsecret"));
#endif
}

SioaKeyring *
sioa_keyring_new (void)
{
  return g_object_new (SIOA_TYPE_KEYRING, NULL);
}
