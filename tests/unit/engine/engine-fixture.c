/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

const char *__asan_default_options (void);

/* With thread-local storage of modules that GIO loads, the leak checker of
 * GCC 12 crashes unless it keeps its hands off. */
__attribute__ ((used, visibility ("default"))) const char *
__asan_default_options (void)
{
  return "intercept_tls_get_addr=0";
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
engine_iterate (void)
{
  GMainContext *context = g_main_context_get_thread_default ();
  g_autoptr (GSource) source = g_timeout_source_new (5);

  g_source_set_callback (source, tick_cb, NULL, NULL);
  g_source_attach (source, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
}

static void
message_cb (SioSession *session, GBytes *data, gboolean is_text, Fixture *self)
{
  gsize length;
  const char *bytes = g_bytes_get_data (data, &length);
  g_autofree char *text = g_strndup (length > 0 ? bytes : "", length);

  self->n_messages++;
  if (self->on_message != NULL)
    self->on_message (session, text, self->user_data);
  if (is_text && length <= 100)
    g_string_append_printf (self->log, "message:%s ", text);
  else
    g_string_append_printf (self->log, "%s:%" G_GSIZE_FORMAT " ", is_text ? "text" : "binary",
                            length);
  if (!self->echo)
    return;
  if (is_text)
    sio_session_send_text (session, length > 0 ? bytes : "", (gssize) length);
  else
    sio_session_send_bytes (session, data);
}

static void
upgraded_cb (SioSession *session, Fixture *self)
{
  g_string_append (self->log, "upgraded ");
}

static void
closed_cb (SioSession *session, const char *reason, const char *description, Fixture *self)
{
  self->n_closed++;
  g_assert_cmpint (sio_session_get_state (session), ==, SIO_SESSION_CLOSED);
  g_string_append_printf (self->log, "closed:%s/%s ", reason,
                          description != NULL ? description : "");
  if (self->on_closed != NULL)
    self->on_closed (session, self->user_data);
}

static void
connection_cb (SioEngine *engine, SioSession *session, Fixture *self)
{
  self->n_opened++;
  g_set_object (&self->session, session);
  g_string_append (self->log, "open ");
  g_signal_connect (session, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (session, "upgraded", G_CALLBACK (upgraded_cb), self);
  g_signal_connect (session, "closed", G_CALLBACK (closed_cb), self);
  if (self->on_open != NULL)
    self->on_open (session, self->user_data);
}

static void
connection_error_cb (
    SioEngine *engine, gpointer request, int code, GVariant *context, Fixture *self)
{
  self->n_errors++;
  self->error_code = code;
  g_free (self->error_context);
  self->error_context = g_variant_print (context, FALSE);
}

Fixture *
fixture_new (const char *address)
{
  Fixture *self = g_new0 (Fixture, 1);

  self->engine = sio_engine_new ();
  self->log = g_string_new (NULL);
  g_signal_connect (self->engine, "connection", G_CALLBACK (connection_cb), self);
  g_signal_connect (self->engine, "connection-error", G_CALLBACK (connection_error_cb), self);
  if (g_strcmp0 (address, "") != 0)
    fixture_listen (self, address != NULL ? address : "tcp:127.0.0.1:0");
  return self;
}

void
fixture_listen (Fixture *self, const char *address)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) addresses = NULL;
  const char *colon;

  if (g_str_has_prefix (address, "tls:") && sio_engine_get_tls_certificate (self->engine) == NULL)
    {
      g_autoptr (GTlsCertificate) certificate = fixture_certificate ();

      sio_engine_set_tls_certificate (self->engine, certificate);
    }
  sio_engine_listen (self->engine, address, &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (self->engine);
  g_assert_nonnull (addresses[0]);
  colon = strrchr (addresses[0], ':');
  self->port = (guint) g_ascii_strtoull (colon + 1, NULL, 10);
}

void
fixture_clear_log (Fixture *self)
{
  g_string_truncate (self->log, 0);
}

GTlsCertificate *
fixture_certificate (void)
{
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate = g_tls_certificate_new_from_file (TEST_CERTIFICATE, &error);

  g_assert_no_error (error);
  return certificate;
}

void
fixture_free_early (Fixture *self)
{
  SioEngine *engine = self->engine;

  g_object_add_weak_pointer (G_OBJECT (engine), (gpointer *) &engine);
  g_clear_object (&self->engine);
  engine_wait_for (engine == NULL);
  g_clear_object (&self->session);
  g_assert_cmpuint (self->n_opened, ==, self->n_closed);
  g_string_free (self->log, TRUE);
  g_free (self->error_context);
  g_free (self);
}

void
fixture_free (Fixture *self)
{
  engine_wait_for (sio_peers_get_n_connections (self->engine->peers) == 0);
  fixture_free_early (self);
}

GPtrArray *captured_warnings;

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *domain = NULL;
  const char *message = NULL;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0)
        domain = fields[i].value;
      else if (strcmp (fields[i].key, "MESSAGE") == 0)
        message = fields[i].value;
    }
  if ((level & G_LOG_LEVEL_WARNING) == 0 || g_strcmp0 (domain, "sio") != 0)
    return g_log_writer_default (level, fields, n_fields, user_data);
  g_ptr_array_add (captured_warnings, g_strdup (message));
  return G_LOG_WRITER_HANDLED;
}

void
capture_warnings (void)
{
  if (captured_warnings == NULL)
    {
      captured_warnings = g_ptr_array_new_with_free_func (g_free);
      g_log_set_writer_func (writer_cb, NULL, NULL);
    }
  g_ptr_array_set_size (captured_warnings, 0);
}

guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}
