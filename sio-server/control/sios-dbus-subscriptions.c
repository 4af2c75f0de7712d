/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-dbus-private.h"

/* Signals to those who asked for them. The bus keeps for its peers what they do not read, so each
 * signal is followed by a ping, and until the subscriber answered it the changes are gathered,
 * which takes no more place the more there are. */

#define MAX_OF_SENDER 8
#define DEFAULT_INTERVAL 250
#define MIN_INTERVAL 100
#define MAX_INTERVAL (60 * 1000)
#define MIN_STATS_INTERVAL 1000

struct _SiosDbusSubscriptions
{
  GDBusConnection *connection;
  SiosControl *control;
  const SiosDbusSettings *settings;
  GCancellable *cancellable;
  GPtrArray *items; /* element-type Subscription */
  guint last_cookie;
  guint64 n_dropped;
};

typedef struct
{
  gatomicrefcount ref_count;   /* one for the list, one for the ping */
  SiosDbusSubscriptions *list; /* NULL once it is ended */
  guint cookie;
  char *sender;
  char *caller;     /* name of the audit */
  SiosWatch *watch; /* NULL if only statistics are wanted */
  guint stats_timer;
  gboolean pinging;
  gboolean with_rooms;
  gboolean with_events;
} Subscription;

static void
subscription_unref (Subscription *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->sender);
  g_free (self->caller);
  g_free (self);
}

static void
subscription_end (gpointer data)
{
  Subscription *self = data;

  g_clear_handle_id (&self->stats_timer, g_source_remove);
  if (self->watch != NULL)
    sios_control_unwatch (self->list->control, self->watch);
  self->list = NULL;
  subscription_unref (self);
}

SiosDbusSubscriptions *
sios_dbus_subscriptions_new (GDBusConnection *connection,
                             SiosControl *control,
                             const SiosDbusSettings *settings)
{
  SiosDbusSubscriptions *self = g_new0 (SiosDbusSubscriptions, 1);

  self->connection = g_object_ref (connection);
  self->control = control;
  self->settings = settings;
  self->cancellable = g_cancellable_new ();
  self->items = g_ptr_array_new_with_free_func (subscription_end);
  return self;
}

void
sios_dbus_subscriptions_free (SiosDbusSubscriptions *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->items);
  g_object_unref (self->connection);
  g_free (self);
}

static void
ping_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Subscription *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  self->pinging = FALSE;
  if (self->list == NULL)
    ;
  else if (error != NULL && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
                             g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)))
    {
      const SiosCaller caller = { SIOS_CALLER_DBUS, self->caller, self->sender };

      sios_control_deny (self->list->control, &caller, "Subscribe", NULL,
                         "the subscriber does not answer, and was dropped");
      self->list->n_dropped++;
      g_ptr_array_remove (self->list->items, self);
    }
  /* Any answer, also an error, is a sign of life. */
  else if (self->watch != NULL)
    sios_control_pause_watch (self->list->control, self->watch, FALSE);
  subscription_unref (self);
}

/* Takes @dict. */
static void
send_changes (Subscription *self, GVariantDict *dict)
{
  SiosDbusSubscriptions *list = self->list;

  g_dbus_connection_emit_signal (
      list->connection, self->sender, SIOS_DBUS_PATH, SIOS_DBUS_INTERFACE, "Changed",
      g_variant_new ("(u@a{sv})", self->cookie, g_variant_dict_end (dict)), NULL);
  self->pinging = TRUE;
  if (self->watch != NULL)
    sios_control_pause_watch (list->control, self->watch, TRUE);
  g_atomic_ref_count_inc (&self->ref_count);
  g_dbus_connection_call (list->connection, self->sender, "/", "org.freedesktop.DBus.Peer", "Ping",
                          NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          (int) list->settings->reader_timeout, list->cancellable, ping_cb, self);
}

static GVariant *
gone_rows (GArray *removed)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < removed->len; i++)
    {
      const SiosGoneRow *row = &g_array_index (removed, SiosGoneRow, i);

      g_variant_builder_add (&builder, "(sss)", row->id, row->ns, row->reason);
    }
  return g_variant_builder_end (&builder);
}

static void
changed_cb (const SiosChanges *changes, gpointer user_data)
{
  Subscription *self = user_data;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (changes->overflow)
    g_variant_dict_insert (&dict, "overflow", "b", TRUE);
  if (changes->added->len > 0)
    g_variant_dict_insert_value (&dict, "added", sios_dbus_socket_rows (changes->added));
  if (changes->updated->len > 0)
    g_variant_dict_insert_value (&dict, "updated", sios_dbus_socket_rows (changes->updated));
  if (self->with_rooms && changes->added->len > 0)
    g_variant_dict_insert_value (&dict, "added-rooms", sios_dbus_rooms_of (changes->added));
  if (self->with_rooms && changes->updated->len > 0)
    g_variant_dict_insert_value (&dict, "updated-rooms", sios_dbus_rooms_of (changes->updated));
  if (changes->removed->len > 0)
    g_variant_dict_insert_value (&dict, "removed", gone_rows (changes->removed));
  if (changes->rooms->len > 0)
    g_variant_dict_insert_value (&dict, "rooms", sios_dbus_room_rows (changes->rooms));
  send_changes (self, &dict);
}

static gboolean
stats_cb (gpointer user_data)
{
  Subscription *self = user_data;
  g_autoptr (GVariant) stats = NULL;
  GVariantDict all;
  GVariantDict dict;

  if (self->pinging)
    return G_SOURCE_CONTINUE;
  stats = g_variant_ref_sink (sios_control_dup_stats (self->list->control));
  g_variant_dict_init (&all, stats);
  if (!self->with_events)
    g_variant_dict_remove (&all, "events");
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, "stats", g_variant_dict_end (&all));
  send_changes (self, &dict);
  return G_SOURCE_CONTINUE;
}

static guint
count_of (SiosDbusSubscriptions *self, const char *sender)
{
  guint n = 0;

  for (guint i = 0; i < self->items->len; i++)
    if (strcmp (((Subscription *) g_ptr_array_index (self->items, i))->sender, sender) == 0)
      n++;
  return n;
}

/* FALSE with an error. */
static gboolean
read_topics (const char *const *topics, SiosTopics *which, gboolean *stats, GError **error)
{
  for (guint i = 0; topics[i] != NULL; i++)
    if (strcmp (topics[i], "sockets") == 0)
      *which |= SIOS_TOPIC_SOCKETS;
    else if (strcmp (topics[i], "rooms") == 0)
      *which |= SIOS_TOPIC_ROOMS;
    else if (strcmp (topics[i], "stats") == 0)
      *stats = TRUE;
    else
      {
        g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                     "expected the topics sockets, rooms and stats, got \"%.100s\"", topics[i]);
        return FALSE;
      }
  if (*which != 0 || *stats)
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "expected at least one of the topics sockets, rooms and stats");
  return FALSE;
}

guint
sios_dbus_subscriptions_add (SiosDbusSubscriptions *self,
                             const SiosCaller *caller,
                             const char *const *topics,
                             GVariant *options,
                             GError **error)
{
  guint32 interval = DEFAULT_INTERVAL;
  gboolean with_rooms = FALSE;
  gboolean with_events = FALSE;
  const SiosDbusKey keys[] = { { "min-interval", "u", &interval },
                               { "with-rooms", "b", &with_rooms },
                               { "with-events", "b", &with_events } };
  SiosTopics which = 0;
  gboolean stats = FALSE;
  Subscription *item;

  if (!sios_dbus_read_dict (options, keys, G_N_ELEMENTS (keys), error) ||
      !read_topics (topics, &which, &stats, error))
    return 0;
  if (interval < MIN_INTERVAL || interval > MAX_INTERVAL)
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                   "expected a min-interval from %d to %d ms, got %u", MIN_INTERVAL, MAX_INTERVAL,
                   interval);
      return 0;
    }
  if (self->items->len >= self->settings->max_subscriptions ||
      count_of (self, caller->address) >= MAX_OF_SENDER)
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_LIMIT_EXCEEDED,
                   "there are as many subscriptions as may be: %u, %d of one caller",
                   self->settings->max_subscriptions, MAX_OF_SENDER);
      return 0;
    }
  item = g_new0 (Subscription, 1);
  g_atomic_ref_count_init (&item->ref_count);
  item->list = self;
  item->cookie = ++self->last_cookie;
  item->sender = g_strdup (caller->address);
  item->caller = g_strdup (caller->name);
  item->with_rooms = with_rooms;
  item->with_events = with_events;
  if (which != 0)
    item->watch = sios_control_watch (self->control, which, interval, changed_cb, item);
  if (stats)
    item->stats_timer = g_timeout_add (MAX (interval, MIN_STATS_INTERVAL), stats_cb, item);
  g_ptr_array_add (self->items, item);
  return item->cookie;
}

gboolean
sios_dbus_subscriptions_remove (SiosDbusSubscriptions *self, const char *sender, guint cookie)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      Subscription *item = g_ptr_array_index (self->items, i);

      if (item->cookie != cookie || strcmp (item->sender, sender) != 0)
        continue;
      g_ptr_array_remove_index (self->items, i);
      return TRUE;
    }
  return FALSE;
}

void
sios_dbus_subscriptions_forget (SiosDbusSubscriptions *self, const char *sender)
{
  for (guint i = self->items->len; i-- > 0;)
    if (strcmp (((Subscription *) g_ptr_array_index (self->items, i))->sender, sender) == 0)
      g_ptr_array_remove_index (self->items, i);
}

guint
sios_dbus_subscriptions_get_n (SiosDbusSubscriptions *self)
{
  return self->items->len;
}

guint64
sios_dbus_subscriptions_get_n_dropped (SiosDbusSubscriptions *self)
{
  return self->n_dropped;
}
