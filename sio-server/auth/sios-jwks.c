/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-jwks.h"

#include <libsoup/soup.h>
#include <string.h>

#define CHUNK 16384
#define MAX_WAITERS 4096

const SiosJwksLimits sios_jwks_default_limits = {
  .timeout = 10000,
  .min_lifetime = 60000,
  .max_lifetime = 24 * 3600000,
  .default_lifetime = 3600000,
  .retry = 1000,
  .cooldown = 30000,
  .max_size = 262144,
};

typedef struct
{
  SiosJwksFunc func;
  gpointer user_data;
} Waiter;

typedef struct
{
  SiosJwks *owner; /* holds a reference */
  SoupMessage *message;
  GInputStream *stream;
  GByteArray *body;
  GCancellable *cancellable;
  guint timeout_id;
} Fetch;

struct _SiosJwks
{
  GObject parent_instance;
  GUri *uri;
  SiosJwksLimits limits;
  SoupSession *session;
  SiosKeyset *keys;
  Fetch *fetch;    /* under way */
  GArray *waiters; /* Waiter */
  guint timer_id;
  guint retry;
  gboolean running;
  gint64 next_unknown; /* monotonic */
  guint64 n_fetches;
  guint64 n_failures;
};

G_DEFINE_FINAL_TYPE (SiosJwks, sios_jwks, G_TYPE_OBJECT)

static guint changed_signal;
static guint failed_signal;

static void start_fetch (SiosJwks *self);

static void
sios_jwks_dispose (GObject *object)
{
  sios_jwks_stop (SIOS_JWKS (object));
  G_OBJECT_CLASS (sios_jwks_parent_class)->dispose (object);
}

static void
sios_jwks_finalize (GObject *object)
{
  SiosJwks *self = SIOS_JWKS (object);

  g_clear_object (&self->session);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_array_unref (self->waiters);
  g_uri_unref (self->uri);
  G_OBJECT_CLASS (sios_jwks_parent_class)->finalize (object);
}

static void
sios_jwks_class_init (SiosJwksClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sios_jwks_dispose;
  G_OBJECT_CLASS (klass)->finalize = sios_jwks_finalize;
  changed_signal = g_signal_new ("changed", SIOS_TYPE_JWKS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  failed_signal = g_signal_new ("failed", SIOS_TYPE_JWKS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sios_jwks_init (SiosJwks *self)
{
  self->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
}

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address == NULL)
    return g_ascii_strcasecmp (host, "localhost") == 0;
  return g_inet_address_get_is_loopback (address);
}

/* NULL with an error. */
static GUri *
parse_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);
  const char *scheme, *host;

  if (uri == NULL)
    return NULL;
  scheme = g_uri_get_scheme (uri);
  host = g_uri_get_host (uri);
  if (host == NULL || *host == '\0' || g_uri_get_userinfo (uri) != NULL ||
      (strcmp (scheme, "https") != 0 && (strcmp (scheme, "http") != 0 || !is_loopback (host))))
    {
      g_set_error (
          error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "Expected https://HOST/…, or http:// of this machine alone, since who can change "
          "the keys can let anybody in");
      return NULL;
    }
  return g_steal_pointer (&uri);
}

gboolean
sios_jwks_check_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = parse_url (url, error);

  return uri != NULL;
}

SiosJwks *
sios_jwks_new (const char *url,
               const SiosJwksLimits *limits,
               GTlsDatabase *authorities,
               GError **error)
{
  g_autoptr (GUri) uri = parse_url (url, error);
  SiosJwks *self;

  if (uri == NULL)
    return NULL;
  self = g_object_new (SIOS_TYPE_JWKS, NULL);
  self->uri = g_steal_pointer (&uri);
  self->limits = limits != NULL ? *limits : sios_jwks_default_limits;
  self->retry = self->limits.retry;
  self->session = soup_session_new ();
  if (authorities != NULL)
    soup_session_set_tls_database (self->session, authorities);
  return self;
}

static gboolean
timer_cb (gpointer user_data)
{
  SiosJwks *self = user_data;

  self->timer_id = 0;
  start_fetch (self);
  return G_SOURCE_REMOVE;
}

static void
schedule (SiosJwks *self, guint delay)
{
  g_clear_handle_id (&self->timer_id, g_source_remove);
  if (self->running)
    self->timer_id = g_timeout_add (delay, timer_cb, self);
}

static void
fetch_free (Fetch *fetch)
{
  g_clear_handle_id (&fetch->timeout_id, g_source_remove);
  g_clear_object (&fetch->stream);
  g_clear_object (&fetch->message);
  g_clear_object (&fetch->cancellable);
  g_clear_pointer (&fetch->body, g_byte_array_unref);
  g_object_unref (fetch->owner);
  g_free (fetch);
}

/* What Cache-Control says, in milliseconds, within the bounds. */
static guint
get_lifetime (SiosJwks *self, SoupMessage *message)
{
  const char *text =
      soup_message_headers_get_list (soup_message_get_response_headers (message), "Cache-Control");
  guint64 lifetime = self->limits.default_lifetime;
  guint64 seconds;

  if (text != NULL)
    {
      GHashTable *params = soup_header_parse_param_list (text);
      const char *max_age = g_hash_table_lookup (params, "max-age");

      if (g_hash_table_contains (params, "no-store") || g_hash_table_contains (params, "no-cache"))
        lifetime = 0;
      else if (max_age != NULL &&
               g_ascii_string_to_unsigned (max_age, 10, 0, G_MAXUINT32, &seconds, NULL))
        lifetime = seconds * 1000;
      soup_header_free_param_list (params);
    }
  return (guint) CLAMP (lifetime, self->limits.min_lifetime, self->limits.max_lifetime);
}

static void
tell_waiters (SiosJwks *self)
{
  g_autoptr (GArray) waiters = g_steal_pointer (&self->waiters);

  self->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  for (guint i = 0; i < waiters->len; i++)
    {
      Waiter *waiter = &g_array_index (waiters, Waiter, i);

      waiter->func (self, waiter->user_data);
    }
}

/* Takes @fetch. */
static void
fetch_end (Fetch *fetch, const GError *failure)
{
  g_autoptr (SiosJwks) self = g_object_ref (fetch->owner);
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = failure != NULL ? g_error_copy (failure) : NULL;

  if (self->fetch != fetch) /* stopped */
    {
      fetch_free (fetch);
      return;
    }
  self->fetch = NULL;
  if (error == NULL)
    sios_keyset_add_jwks (keys, (const char *) fetch->body->data, fetch->body->len, FALSE, &error);
  if (error == NULL)
    {
      guint lifetime = get_lifetime (self, fetch->message);
      gboolean some_gone = self->keys != NULL && !sios_keyset_contains (keys, self->keys);
      gboolean changed =
          self->keys == NULL || some_gone || !sios_keyset_contains (self->keys, keys);

      g_clear_pointer (&self->keys, g_ptr_array_unref);
      self->keys = g_steal_pointer (&keys);
      self->retry = self->limits.retry;
      /* Before they are too old, so that a slow answer is in time. */
      schedule (self, MAX (lifetime - lifetime / 5, 1));
      if (changed)
        g_signal_emit (self, changed_signal, 0, some_gone);
    }
  else
    {
      self->n_failures++;
      schedule (self, self->retry);
      self->retry = MIN (self->retry * 2, MAX (self->limits.min_lifetime, self->limits.retry));
      g_signal_emit (self, failed_signal, 0, error);
    }
  fetch_free (fetch);
  tell_waiters (self);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  gsize size = bytes != NULL ? g_bytes_get_size (bytes) : 0;

  if (bytes != NULL && fetch->body->len + size > fetch->owner->limits.max_size)
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                 "the answer has more than %" G_GSIZE_FORMAT " bytes",
                 fetch->owner->limits.max_size);
  if (error != NULL || size == 0)
    {
      fetch_end (fetch, error);
      return;
    }
  g_byte_array_append (fetch->body, g_bytes_get_data (bytes, NULL), (guint) size);
  g_input_stream_read_bytes_async (fetch->stream, CHUNK, G_PRIORITY_DEFAULT, fetch->cancellable,
                                   read_cb, fetch);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (GError) error = NULL;

  fetch->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (error == NULL && soup_message_get_status (fetch->message) != SOUP_STATUS_OK)
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_FAILED, "expected status 200, got %u",
                 soup_message_get_status (fetch->message));
  if (error != NULL)
    {
      fetch_end (fetch, error);
      return;
    }
  g_input_stream_read_bytes_async (fetch->stream, CHUNK, G_PRIORITY_DEFAULT, fetch->cancellable,
                                   read_cb, fetch);
}

static gboolean
timeout_cb (gpointer user_data)
{
  Fetch *fetch = user_data;

  fetch->timeout_id = 0;
  g_cancellable_cancel (fetch->cancellable);
  return G_SOURCE_REMOVE;
}

static void
start_fetch (SiosJwks *self)
{
  Fetch *fetch;

  if (self->fetch != NULL || !self->running)
    return;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  self->n_fetches++;
  fetch = g_new0 (Fetch, 1);
  fetch->owner = g_object_ref (self);
  fetch->message = soup_message_new_from_uri ("GET", self->uri);
  soup_message_add_flags (fetch->message, SOUP_MESSAGE_NO_REDIRECT);
  fetch->body = g_byte_array_new ();
  fetch->cancellable = g_cancellable_new ();
  fetch->timeout_id = g_timeout_add (self->limits.timeout, timeout_cb, fetch);
  self->fetch = fetch;
  soup_session_send_async (self->session, fetch->message, G_PRIORITY_DEFAULT, fetch->cancellable,
                           sent_cb, fetch);
}

void
sios_jwks_start (SiosJwks *self)
{
  self->running = TRUE;
  start_fetch (self);
}

void
sios_jwks_stop (SiosJwks *self)
{
  Fetch *fetch = g_steal_pointer (&self->fetch);

  self->running = FALSE;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  if (fetch != NULL)
    g_cancellable_cancel (fetch->cancellable);
  tell_waiters (self);
}

SiosKeyset *
sios_jwks_get_keys (SiosJwks *self)
{
  return self->keys;
}

gboolean
sios_jwks_wait (SiosJwks *self, SiosJwksFunc func, gpointer user_data)
{
  Waiter waiter = { func, user_data };
  gint64 now = g_get_monotonic_time ();

  if (!self->running || self->waiters->len >= MAX_WAITERS)
    return FALSE;
  if (self->fetch == NULL)
    {
      if (now < self->next_unknown)
        return FALSE;
      self->next_unknown = now + self->limits.cooldown * G_GINT64_CONSTANT (1000);
      start_fetch (self);
    }
  g_array_append_val (self->waiters, waiter);
  return TRUE;
}

guint64
sios_jwks_get_n_fetches (SiosJwks *self)
{
  return self->n_fetches;
}

guint64
sios_jwks_get_n_failures (SiosJwks *self)
{
  return self->n_failures;
}
