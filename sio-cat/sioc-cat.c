/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioc-cat.h"

#include <string.h>
#include <unistd.h>

#include "sioc-input.h"
#include "sioc-output.h"

/* What may wait for acknowledgements before more is read. */
#define MAX_UNANSWERED 1000
#define MAX_UNANSWERED_BYTES (8 * 1024 * 1024)
/* Events of the server that may wait for an answer from standard input. */
#define MAX_UNREPLIED 10000
#define FULL_RETRY_MS 10

struct _SiocCat
{
  const SiocOptions *options;
  void (*done) (int status, gpointer user_data);
  gpointer user_data;

  SioManager *manager;
  GPtrArray *clients; /* of SioClient */
  SiocInput *input;
  GQueue unreplied; /* of Unreplied, the oldest first */
  gint64 last_reply;
  guint n_emitted;
  guint n_unanswered;
  gsize unanswered_bytes;
  int n_printed;
  GSource *full;
  guint timeout;
  GCancellable *cancellable; /* of what is unanswered */
  int status;
  gboolean was_connected;
  gboolean ending;
};

/* An event of the server that wants an answer. */
typedef struct
{
  gint64 number;
  SioMessage *message;
} Unreplied;

/* An event that was emitted and wants an answer. */
typedef struct
{
  SiocCat *cat;
  char *event;
  char *id; /* as JSON */
  gsize size;
  gint64 time;
} Unanswered;

static void
unreplied_free (gpointer data)
{
  Unreplied *unreplied = data;

  sio_message_unref (unreplied->message);
  g_free (unreplied);
}

static void
remember (SiocCat *self, int status)
{
  if (self->status == SIOC_EXIT_OK)
    self->status = status;
}

static void
print (SiocCat *self, GString *record)
{
  g_autoptr (GError) error = NULL;

  if (sioc_record_write (record, &error))
    return;
  /* Whoever read has seen enough: that is an ordinary end. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
    {
      sioc_cat_end (self, SIOC_EXIT_OK);
      return;
    }
  if (!self->ending)
    g_printerr ("sio-cat: %s\n", error->message);
  sioc_cat_end (self, SIOC_EXIT_FAILED);
}

/* Ending */

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiocCat *self = user_data;

  sio_manager_close_finish (SIO_MANAGER (source), result, NULL);
  self->done (self->status, self->user_data);
}

static void
check_end (SiocCat *self)
{
  if (self->ending || self->input != NULL || self->n_unanswered > 0)
    return;
  if (self->options->listen || self->options->count > 0 ||
      (self->options->event == NULL && !self->options->standard_input))
    return;
  /* What was kept for a connection has been sent once there is one. */
  for (guint i = 0; i < self->clients->len; i++)
    if (!sio_client_is_connected (g_ptr_array_index (self->clients, i)))
      return;
  sioc_cat_end (self, SIOC_EXIT_OK);
}

void
sioc_cat_end (SiocCat *self, int status)
{
  remember (self, status);
  if (self->ending)
    return;
  self->ending = TRUE;
  g_clear_pointer (&self->input, sioc_input_free);
  g_cancellable_cancel (self->cancellable);
  if (self->full != NULL)
    {
      g_source_destroy (self->full);
      g_clear_pointer (&self->full, g_source_unref);
    }
  /* The server hears that each leaves, not only that the connection is gone. */
  for (guint i = 0; i < self->clients->len; i++)
    sio_client_close (g_ptr_array_index (self->clients, i));
  sio_manager_close_async (self->manager, NULL, closed_cb, self);
}

static gboolean
timeout_cb (gpointer user_data)
{
  SiocCat *self = user_data;

  self->timeout = 0;
  sioc_cat_end (self, SIOC_EXIT_TIMEOUT);
  return G_SOURCE_REMOVE;
}

/* Emitting */

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Unanswered *unanswered = user_data;
  SiocCat *self = unanswered->cat;
  SioClient *client = SIO_CLIENT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (client, result, &error);

  self->n_unanswered--;
  self->unanswered_bytes -= unanswered->size;
  if (!self->ending)
    {
      GString *record = sioc_record_new ("ack", sio_client_get_namespace (client));

      sioc_record_add_literal (record, "id", unanswered->id);
      sioc_record_add_string (record, "event", unanswered->event);
      if (args != NULL)
        {
          sioc_record_add_args (record, "args", args);
          g_string_append_printf (record, ",\"ms\":%.3f",
                                  (double) (g_get_monotonic_time () - unanswered->time) / 1000.0);
        }
      else
        {
          gboolean timed_out = g_error_matches (error, SIO_ERROR, SIO_ERROR_TIMEOUT);
          gboolean lost = g_error_matches (error, SIO_ERROR, SIO_ERROR_NOT_CONNECTED);

          sioc_record_add_string (record, "error", error->message);
          remember (self, timed_out ? SIOC_EXIT_TIMEOUT : lost ? SIOC_EXIT_LOST : SIOC_EXIT_FAILED);
        }
      print (self, record);
    }
  g_free (unanswered->event);
  g_free (unanswered->id);
  g_free (unanswered);
  if (self->ending)
    return;
  if (self->input != NULL)
    sioc_input_resume (self->input);
  check_end (self);
}

/* FALSE: there is no room now. Takes over @args. */
static gboolean
emit (SiocCat *self, SioClient *client, const char *event, SioArgs *args, const char *id)
{
  g_autoptr (SioArgs) own_args = args;
  gsize size = strlen (sio_args_get_json (args));
  Unanswered *unanswered;

  for (guint i = 0; i < sio_args_get_n_attachments (args); i++)
    size += g_bytes_get_size (sio_args_get_attachment (args, i));
  if (id == NULL && !self->options->ack)
    {
      if (!sio_client_emit (client, event, sio_args_ref (args)))
        return FALSE;
      self->n_emitted++;
      return TRUE;
    }

  if (self->n_unanswered > 0 && (self->n_unanswered >= MAX_UNANSWERED ||
                                 self->unanswered_bytes + size > MAX_UNANSWERED_BYTES))
    return FALSE;
  self->n_emitted++;
  self->n_unanswered++;
  self->unanswered_bytes += size;
  unanswered = g_new0 (Unanswered, 1);
  unanswered->cat = self;
  unanswered->event = g_strdup (event);
  unanswered->id = id != NULL ? g_strdup (id) : g_strdup_printf ("%u", self->n_emitted);
  unanswered->size = size;
  unanswered->time = g_get_monotonic_time ();
  sio_client_emit_with_ack_async (client, event, sio_args_ref (args), self->options->ack_timeout,
                                  self->cancellable, answered_cb, unanswered);
  return TRUE;
}

/* Standard input */

static gboolean
full_cb (gpointer user_data)
{
  SiocCat *self = user_data;

  g_clear_pointer (&self->full, g_source_unref);
  sioc_input_resume (self->input);
  return G_SOURCE_REMOVE;
}

/* The library tells when it is connected, but not when there is room. */
static void
wait_for_room (SiocCat *self)
{
  if (self->full != NULL)
    return;
  self->full = g_timeout_source_new (FULL_RETRY_MS);
  g_source_set_callback (self->full, full_cb, self, NULL);
  g_source_attach (self->full, NULL);
}

static void
bad_line (SiocCat *self, guint number, const char *problem)
{
  g_printerr ("sio-cat: line %u: %s\n", number, problem);
  remember (self, SIOC_EXIT_FAILED);
}

static SioClient *
find_client (SiocCat *self, const char *name)
{
  for (guint i = 0; i < self->clients->len; i++)
    if (strcmp (sio_client_get_namespace (g_ptr_array_index (self->clients, i)), name) == 0)
      return g_ptr_array_index (self->clients, i);
  return NULL;
}

static const char *
peek_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static SioArgs *
take_args (JsonObject *object, GError **error)
{
  JsonNode *node = json_object_get_member (object, "args");

  if (node == NULL)
    return sio_args_new_from_json ("[]", -1, error);
  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT, "\"args\" expects an array");
      return NULL;
    }
  return sioc_json_args_from_node (node, error);
}

/* {"reply":number,"args":[…]} */
static void
take_reply (SiocCat *self, JsonObject *object, guint number)
{
  gint64 reply = json_object_get_int_member_with_default (object, "reply", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = take_args (object, &error);

  if (args == NULL)
    {
      bad_line (self, number, error->message);
      return;
    }
  for (GList *link = self->unreplied.head; link != NULL; link = link->next)
    {
      Unreplied *unreplied = link->data;

      if (unreplied->number == reply)
        {
          sio_message_reply (unreplied->message, sio_args_ref (args));
          unreplied_free (unreplied);
          g_queue_delete_link (&self->unreplied, link);
          return;
        }
    }
  bad_line (self, number, "no event waits for this reply");
}

static gboolean
emit_checked (SiocCat *self,
              SioClient *client,
              const char *event,
              SioArgs *args,
              const char *id,
              guint number)
{
  if (sioc_event_is_reserved (event))
    {
      bad_line (self, number, "a reserved name cannot be emitted");
      sio_args_unref (args);
      return TRUE;
    }
  return emit (self, client, event, args, id);
}

/* ["event",args…] */
static gboolean
take_array (SiocCat *self, const char *line, gsize length, guint number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) all = sioc_json_read_args (line, length, &error);
  const char *event = all != NULL ? sio_args_get_string (all, 0) : NULL;

  if (event == NULL)
    {
      bad_line (self, number,
                error != NULL ? error->message : "expected the name of an event, a string, first");
      return TRUE;
    }
  return emit_checked (self, g_ptr_array_index (self->clients, 0), event, sio_args_slice (all, 1),
                       NULL, number);
}

/* {"event":"…","args":[…],"namespace":"/…","ack":true,"id":…} */
static gboolean
take_object (SiocCat *self, const char *line, gsize length, guint number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = sioc_json_read_object (line, length, &error);
  g_autoptr (SioArgs) args = NULL;
  g_autoptr (GString) id = NULL;
  SioClient *client = g_ptr_array_index (self->clients, 0);
  JsonObject *object;
  const char *event;

  if (node == NULL)
    {
      bad_line (self, number, error->message);
      return TRUE;
    }
  object = json_node_get_object (node);
  if (json_object_has_member (object, "reply") && !json_object_has_member (object, "event"))
    {
      take_reply (self, object, number);
      return TRUE;
    }
  event = peek_string (object, "event");
  if (json_object_has_member (object, "namespace"))
    {
      const char *name = peek_string (object, "namespace");

      client = name != NULL ? find_client (self, name) : NULL;
    }
  if (event == NULL || client == NULL)
    {
      bad_line (self, number,
                event == NULL ? "\"event\" expects the name of an event, a string"
                              : "\"namespace\" expects one that was given to --namespace");
      return TRUE;
    }
  args = take_args (object, &error);
  if (args == NULL)
    {
      bad_line (self, number, error->message);
      return TRUE;
    }
  if (json_object_has_member (object, "id"))
    {
      id = g_string_new (NULL);
      sioc_json_append_node (id, json_object_get_member (object, "id"));
    }
  else if (json_object_get_boolean_member_with_default (object, "ack", FALSE))
    {
      id = g_string_new (NULL);
      g_string_printf (id, "%u", self->n_emitted + 1);
    }
  return emit_checked (self, client, event, g_steal_pointer (&args), id != NULL ? id->str : NULL,
                       number);
}

static gboolean
line_cb (const char *line, gsize length, guint number, gpointer user_data)
{
  SiocCat *self = user_data;
  gsize blank = 0;
  gboolean taken = TRUE;

  while (blank < length && strchr (" \t\r", line[blank]) != NULL)
    blank++;
  if (blank == length)
    return TRUE;
  if (!g_utf8_validate (line, (gssize) length, NULL))
    bad_line (self, number, "expected JSON in UTF-8 without NUL");
  else if (line[blank] == '[')
    taken = take_array (self, line, length, number);
  else if (line[blank] == '{')
    taken = take_object (self, line, length, number);
  else
    bad_line (self, number, "expected [\"event\",…] or {\"event\":…}");
  /* Otherwise an answer will make room. */
  if (!taken && self->n_unanswered == 0)
    wait_for_room (self);
  return taken;
}

static void
input_end_cb (const GError *error, gpointer user_data)
{
  SiocCat *self = user_data;

  if (error != NULL)
    {
      g_printerr ("sio-cat: standard input: %s\n", error->message);
      remember (self, SIOC_EXIT_FAILED);
    }
  g_clear_pointer (&self->input, sioc_input_free);
  check_end (self);
}

/* Receiving */

static void
event_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  SiocCat *self = user_data;
  const char *event = sio_message_get_event (message);
  gboolean wants_reply = sio_message_wants_reply (message);
  GString *record;

  if (self->ending)
    return;
  if (wants_reply && self->options->reply != NULL)
    {
      sio_message_reply (message, sio_args_ref (self->options->reply));
      wants_reply = FALSE;
    }
  else if (wants_reply && self->input != NULL)
    {
      Unreplied *unreplied = g_new (Unreplied, 1);

      *unreplied = (Unreplied){ ++self->last_reply, sio_message_ref (message) };
      g_queue_push_tail (&self->unreplied, unreplied);
      if (self->unreplied.length > MAX_UNREPLIED)
        unreplied_free (g_queue_pop_head (&self->unreplied));
    }
  if (self->options->events != NULL &&
      !g_strv_contains ((const char *const *) self->options->events, event))
    return;
  record = sioc_record_new ("event", sio_client_get_namespace (client));
  sioc_record_add_string (record, "event", event);
  sioc_record_add_args (record, "args", sio_message_get_args (message));
  if (wants_reply && self->input != NULL)
    sioc_record_add_number (record, "reply", self->last_reply);
  else if (wants_reply)
    sioc_record_add_literal (record, "reply", "null");
  print (self, record);
  self->n_printed++;
  if (self->options->count > 0 && self->n_printed >= self->options->count)
    sioc_cat_end (self, SIOC_EXIT_OK);
}

static const char *
transport_name (SioTransport transport)
{
  return transport == SIO_TRANSPORT_WEBSOCKET ? "websocket" : "polling";
}

static void
connected_cb (SioClient *client, gpointer user_data)
{
  SiocCat *self = user_data;

  self->was_connected = TRUE;
  if (!self->options->quiet && !self->ending)
    {
      GString *record = sioc_record_new ("connected", sio_client_get_namespace (client));

      sioc_record_add_string (record, "id", sio_client_get_id (client));
      sioc_record_add_string (record, "transport",
                              transport_name (sio_manager_get_transport (self->manager)));
      sioc_record_add_literal (record, "recovered",
                               sio_client_is_recovered (client) ? "true" : "false");
      print (self, record);
    }
  check_end (self);
}

/* ms to the next attempt, or nothing. */
static void
add_next (SiocCat *self, GString *record)
{
  gint64 next = sio_manager_get_next_attempt_time (self->manager);

  if (next != 0)
    sioc_record_add_number (record, "next_ms", MAX (0, next - g_get_real_time ()) / 1000);
}

static void
disconnected_cb (SioClient *client, const char *reason, const char *details, gpointer user_data)
{
  SiocCat *self = user_data;

  if (self->ending)
    return;
  if (!self->options->quiet)
    {
      GString *record = sioc_record_new ("disconnected", sio_client_get_namespace (client));

      sioc_record_add_string (record, "reason", reason);
      if (details != NULL)
        sioc_record_add_string (record, "details", details);
      add_next (self, record);
      print (self, record);
    }
  /* It does not come back by itself. */
  if (sio_client_get_state (client) == SIO_CLIENT_DISCONNECTED)
    {
      g_printerr ("sio-cat: %s: disconnected: %s\n", sio_client_get_namespace (client), reason);
      sioc_cat_end (self, SIOC_EXIT_LOST);
    }
}

static void
connect_error_cb (SioClient *client, const GError *error, JsonNode *data, gpointer user_data)
{
  SiocCat *self = user_data;
  gboolean refused = g_error_matches (error, SIO_ERROR, SIO_ERROR_REJECTED);

  if (self->ending)
    return;
  if (!self->options->quiet)
    {
      GString *record = sioc_record_new ("error", sio_client_get_namespace (client));

      sioc_record_add_string (record, "message", error->message);
      sioc_record_add_literal (record, "refused", refused ? "true" : "false");
      if (data != NULL)
        sioc_record_add_node (record, "data", data);
      add_next (self, record);
      print (self, record);
    }
  if (!refused && sio_client_get_state (client) != SIO_CLIENT_DISCONNECTED)
    return;
  g_printerr ("sio-cat: %s: %s: %s\n", sio_client_get_namespace (client),
              refused ? "refused" : "could not connect", error->message);
  sioc_cat_end (self, refused               ? SIOC_EXIT_REFUSED
                      : self->was_connected ? SIOC_EXIT_LOST
                                            : SIOC_EXIT_UNREACHABLE);
}

static void
attempt_cb (SioManager *manager, guint attempt, gpointer user_data)
{
  GString *record = sioc_record_new ("attempt", NULL);

  sioc_record_add_number (record, "attempt", attempt);
  print (user_data, record);
}

static void
transport_cb (SioManager *manager, GParamSpec *pspec, gpointer user_data)
{
  SiocCat *self = user_data;
  SioTransport transport = sio_manager_get_transport (manager);
  GString *record;

  if (transport == 0 || self->ending)
    return;
  record = sioc_record_new ("transport", NULL);
  sioc_record_add_string (record, "transport", transport_name (transport));
  print (self, record);
}

/* Setting up */

static gboolean
accept_cb (SoupMessage *message,
           GTlsCertificate *certificate,
           GTlsCertificateFlags errors,
           gpointer user_data)
{
  return TRUE;
}

static void
request_queued_cb (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_cb), NULL);
}

static void
set_up_manager (SiocCat *self)
{
  const SiocOptions *options = self->options;
  GObject *manager = G_OBJECT (self->manager);

  for (guint i = 0; i < options->headers->len; i += 2)
    sio_manager_set_header (self->manager, options->headers->pdata[i],
                            options->headers->pdata[i + 1]);
  if (options->path != NULL)
    sio_manager_set_path (self->manager, options->path);
  if (options->transports != NULL)
    sio_manager_set_transports (self->manager, (const char *const *) options->transports);
  if (options->tls_database != NULL)
    g_object_set (manager, "tls-database", options->tls_database, NULL);
  if (options->tls_certificate != NULL)
    g_object_set (manager, "tls-certificate", options->tls_certificate, NULL);
  if (options->insecure)
    g_signal_connect (sio_manager_get_soup_session (self->manager), "request-queued",
                      G_CALLBACK (request_queued_cb), NULL);
  sio_manager_set_reconnection (self->manager, !options->no_reconnect);
  g_object_set (manager, "reconnection-attempts", (guint) options->reconnect_attempts, NULL);
  if (options->reconnect_delay > 0)
    g_object_set (manager, "reconnection-delay", options->reconnect_delay, NULL);
  if (options->reconnect_delay_max > 0)
    g_object_set (manager, "reconnection-delay-max", options->reconnect_delay_max, NULL);
  if (options->verbose)
    {
      g_signal_connect (manager, "reconnect-attempt", G_CALLBACK (attempt_cb), self);
      g_signal_connect (manager, "notify::transport", G_CALLBACK (transport_cb), self);
    }
}

static void
add_client (SiocCat *self, const char *name)
{
  SioClient *client = find_client (self, name);

  if (client != NULL)
    return;
  client = sio_manager_get_client (self->manager, name);
  g_ptr_array_add (self->clients, client);
  if (self->options->auth != NULL)
    sio_client_set_auth (client, self->options->auth);
  g_signal_connect (client, "connected", G_CALLBACK (connected_cb), self);
  g_signal_connect (client, "disconnected", G_CALLBACK (disconnected_cb), self);
  g_signal_connect (client, "connect-error", G_CALLBACK (connect_error_cb), self);
  sio_client_on_any (client, event_cb, self, NULL);
}

SiocCat *
sioc_cat_new (const SiocOptions *options,
              void (*done) (int status, gpointer user_data),
              gpointer user_data)
{
  SiocCat *self = g_new0 (SiocCat, 1);

  self->options = options;
  self->done = done;
  self->user_data = user_data;
  self->manager = sio_manager_new (options->url);
  self->clients = g_ptr_array_new_with_free_func (g_object_unref);
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->unreplied);
  set_up_manager (self);
  for (guint i = 0; options->namespaces[i] != NULL; i++)
    add_client (self, options->namespaces[i]);
  if (options->timeout > 0)
    self->timeout = g_timeout_add (options->timeout, timeout_cb, self);
  for (guint i = 0; i < self->clients->len; i++)
    sio_client_open (g_ptr_array_index (self->clients, i));
  if (options->event != NULL)
    emit (self, g_ptr_array_index (self->clients, 0), options->event, sio_args_ref (options->args),
          NULL);
  if (options->standard_input)
    self->input = sioc_input_new (STDIN_FILENO, line_cb, input_end_cb, self);
  return self;
}

void
sioc_cat_free (SiocCat *self)
{
  g_clear_pointer (&self->input, sioc_input_free);
  if (self->timeout != 0)
    g_source_remove (self->timeout);
  for (guint i = 0; i < self->clients->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->clients, i), self);
  g_signal_handlers_disconnect_by_data (self->manager, self);
  g_queue_clear_full (&self->unreplied, unreplied_free);
  g_ptr_array_unref (self->clients);
  g_object_unref (self->manager);
  g_object_unref (self->cancellable);
  g_free (self);
}
