/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-broadcast-private.h"
#include "sio-error.h"
#include "sio-namespace-private.h"

/* Two halves: the collector takes the answers of this process' sockets for the adapter, the
 * gathering adds up what all servers report for whoever emitted. */

struct _SioAckCollector
{
  guint ref_count;
  gint64 id;
  SioNamespace *ns;    /* NULL once it is over; the namespace holds a reference to us */
  GHashTable *waiting; /* SioSocket *, compared only */
  SioDeadline deadline;
  SioAckFunc ack_func;
  gpointer user_data;
  GDestroyNotify destroy;
};

static void
collector_end (SioAckCollector *self)
{
  GDestroyNotify destroy = g_steal_pointer (&self->destroy);

  self->ns = NULL;
  self->ack_func = NULL;
  sio_deadline_disarm (&self->deadline);
  if (destroy != NULL)
    destroy (g_steal_pointer (&self->user_data));
}

static void
collector_remove (gpointer data)
{
  SioAckCollector *self = data;

  collector_end (self);
  sio_ack_collector_unref (self);
}

static void
collector_timeout_cb (SioDeadline *deadline)
{
  SioAckCollector *self = deadline->data;

  g_hash_table_remove (sio_namespace_get_collectors (self->ns, TRUE), &self->id);
}

SioAckCollector *
sio_ack_collector_new (SioNamespace *ns,
                       guint timeout,
                       SioAckFunc ack_func,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  SioAckCollector *self = g_new0 (SioAckCollector, 1);
  g_autoptr (SioDeadlineList) list =
      sio_deadline_list_get (sio_namespace_get_reactor (ns), timeout);
  GHashTable *collectors = sio_namespace_get_collectors (ns, TRUE);

  self->ref_count = 2; /* the namespace's and the caller's */
  self->id = sio_namespace_next_ack_id (ns);
  self->ns = ns;
  self->waiting = g_hash_table_new (NULL, NULL);
  self->ack_func = ack_func;
  self->user_data = user_data;
  self->destroy = destroy;
  sio_deadline_init (&self->deadline, collector_timeout_cb, self);
  sio_deadline_arm (&self->deadline, list);
  g_hash_table_insert (collectors, &self->id, self);
  return self;
}

SioAckCollector *
sio_ack_collector_ref (SioAckCollector *self)
{
  self->ref_count++;
  return self;
}

void
sio_ack_collector_unref (SioAckCollector *self)
{
  if (--self->ref_count > 0)
    return;
  g_hash_table_unref (self->waiting);
  g_free (self);
}

gint64
sio_ack_collector_get_id (SioAckCollector *self)
{
  return self->id;
}

void
sio_ack_collector_add (SioAckCollector *self, SioSocket *socket)
{
  g_hash_table_add (self->waiting, socket);
}

void
sio_ack_collector_remove (SioAckCollector *self, SioSocket *socket)
{
  g_hash_table_remove (self->waiting, socket);
}

guint
sio_ack_collector_get_n_waiting (SioAckCollector *self)
{
  return g_hash_table_size (self->waiting);
}

static SioAckCollector *
find_collector (SioNamespace *ns, gint64 id)
{
  GHashTable *collectors = sio_namespace_get_collectors (ns, FALSE);

  return collectors != NULL ? g_hash_table_lookup (collectors, &id) : NULL;
}

gboolean
sio_ack_collectors_expect (SioNamespace *ns, SioSocket *socket, gint64 id)
{
  SioAckCollector *collector = find_collector (ns, id);

  return collector != NULL && g_hash_table_contains (collector->waiting, socket);
}

void
sio_ack_collectors_receive (SioNamespace *ns, SioSocket *socket, gint64 id, SioArgs *args)
{
  SioAckCollector *collector = find_collector (ns, id);

  if (collector == NULL || !g_hash_table_remove (collector->waiting, socket))
    return;
  sio_ack_collector_ref (collector);
  collector->ack_func (args, collector->user_data);
  if (collector->ns != NULL && g_hash_table_size (collector->waiting) == 0)
    g_hash_table_remove (sio_namespace_get_collectors (collector->ns, TRUE), &collector->id);
  sio_ack_collector_unref (collector);
}

void
sio_ack_collectors_forget (SioNamespace *ns, SioSocket *socket)
{
  GHashTable *collectors = sio_namespace_get_collectors (ns, FALSE);
  GHashTableIter iter;
  gpointer value;

  if (collectors == NULL)
    return;
  g_hash_table_iter_init (&iter, collectors);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    sio_ack_collector_remove (value, socket);
}

GHashTable *
sio_ack_collectors_table_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, collector_remove);
}

/* What one call of sio_broadcast_emit_with_ack_async() has got so far: protocol.md §4.9 */
typedef struct
{
  guint ref_count;
  GTask *task; /* NULL once it has returned */
  SioDeadline deadline;
  GSource *cancelled;
  GPtrArray *responses;
  guint n_expected_clients;
  guint n_reports;
  gint n_servers; /* -1: not known yet */
} Gathering;

static void
gathering_unref (gpointer data)
{
  Gathering *gathering = data;

  if (--gathering->ref_count > 0)
    return;
  g_ptr_array_unref (gathering->responses);
  g_free (gathering);
}

/* Gives up the task; later reports are ignored. The reference that goes with it remains. */
static GTask *
gathering_end (Gathering *gathering)
{
  GTask *task = g_steal_pointer (&gathering->task);

  sio_deadline_disarm (&gathering->deadline);
  if (gathering->cancelled != NULL)
    {
      g_source_destroy (gathering->cancelled);
      g_clear_pointer (&gathering->cancelled, g_source_unref);
    }
  return task;
}

/* @error says why answers are missing. */
static void
gathering_return (Gathering *gathering, const GError *error)
{
  g_autoptr (GTask) task = gathering_end (gathering);

  g_task_return_pointer (
      task, sio_responses_new (gathering->responses, gathering->n_expected_clients, error),
      (GDestroyNotify) sio_responses_unref);
  gathering_unref (gathering);
}

static void
gathering_check (Gathering *gathering)
{
  if (gathering->task == NULL || gathering->n_servers < 0 ||
      gathering->n_reports < (guint) gathering->n_servers ||
      gathering->responses->len < gathering->n_expected_clients)
    return;
  gathering_return (gathering, NULL);
}

static void
count_cb (guint n_clients, gpointer user_data)
{
  Gathering *gathering = user_data;

  gathering->n_expected_clients += n_clients;
  gathering->n_reports++;
  gathering_check (gathering);
}

static void
ack_cb (SioArgs *args, gpointer user_data)
{
  Gathering *gathering = user_data;

  if (gathering->task == NULL)
    return;
  g_ptr_array_add (gathering->responses, sio_args_ref (args));
  gathering_check (gathering);
}

static void
gathering_timeout_cb (SioDeadline *deadline)
{
  g_autoptr (GError) error =
      g_error_new_literal (SIO_ERROR, SIO_ERROR_TIMEOUT, "operation has timed out");

  gathering_return (deadline->data, error);
}

static gboolean
gathering_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  Gathering *gathering = user_data;
  g_autoptr (GTask) task = gathering_end (gathering);

  g_task_return_error_if_cancelled (task);
  gathering_unref (gathering);
  return G_SOURCE_REMOVE;
}

static void
server_count_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Gathering *gathering = user_data;
  g_autoptr (GError) error = NULL;
  guint n = sio_adapter_server_count_finish (SIO_ADAPTER (source), result, &error);

  if (error != NULL)
    {
      g_warning ("Cannot count the servers of a broadcast: %s", error->message);
      n = 1;
    }
  gathering->n_servers = (gint) n;
  gathering_check (gathering);
  gathering_unref (gathering);
}

void
sio_broadcast_run_with_ack (SioNamespace *ns,
                            const SioContent *content,
                            SioTarget *target,
                            GTask *task)
{
  g_autoptr (SioDeadlineList) list = NULL;
  g_autoptr (SioPacket) packet = NULL;
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  GCancellable *cancellable = g_task_get_cancellable (task);
  Gathering *gathering;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (!sio_content_check (ns, content))
    {
      g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                               "too many binary attachments");
      return;
    }

  gathering = g_new0 (Gathering, 1);
  gathering->ref_count = 4; /* of the task, the adapter, counting the servers, and here */
  gathering->task = g_object_ref (task);
  gathering->n_servers = -1;
  gathering->responses = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_args_unref);
  sio_deadline_init (&gathering->deadline, gathering_timeout_cb, gathering);
  list = sio_deadline_list_get (sio_namespace_get_reactor (ns), sio_target_get_timeout (target));
  sio_deadline_arm (&gathering->deadline, list);
  if (cancellable != NULL)
    {
      gathering->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_static_name (gathering->cancelled, "[sio] broadcast cancelled");
      g_source_set_callback (gathering->cancelled, G_SOURCE_FUNC (gathering_cancelled_cb),
                             gathering, NULL);
      g_source_attach (gathering->cancelled, g_task_get_context (task));
    }

  packet =
      sio_packet_new_content (sio_namespace_get_parser (ns), sio_namespace_get_name (ns), content);
  sio_adapter_broadcast_with_ack (adapter, packet, target, count_cb, ack_cb, gathering,
                                  gathering_unref);
  if ((sio_target_get_flags (target) & SIO_EMIT_LOCAL) == 0)
    sio_adapter_server_count_async (adapter, NULL, server_count_cb, gathering);
  else
    {
      gathering->n_servers = 1;
      gathering_check (gathering);
      gathering_unref (gathering);
    }
  gathering_unref (gathering);
}
