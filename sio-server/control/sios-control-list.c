/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-control-private.h"
#include "sios-socket.h"

/* Lists: made once, sorted, and kept as names, so that pages fit together while clients come and
 * go. Nothing is kept for each socket; what a list is sorted by is read into one array. */

#define KEEP_US (30 * G_USEC_PER_SEC)
#define MAX_SNAPSHOTS 32
#define MAX_SNAPSHOTS_OF_CALLER 4

typedef struct
{
  guint ns;     /* place in namespaces */
  guint offset; /* place in names */
} Item;

typedef struct
{
  guint64 revision;
  char *caller;
  gboolean of_rooms;
  gint64 used; /* monotonic time */
  GPtrArray *namespaces;
  GArray *items;
  GString *names; /* each with its NUL */
} Snapshot;

typedef enum
{
  KEY_CONNECTED,
  KEY_ID,
  KEY_NAMESPACE,
  KEY_USER,
  KEY_ADDRESS,
  KEY_TRANSPORT,
  KEY_LATENCY,
  KEY_BUFFERED,
  KEY_EVENTS,
  KEY_PACKETS_IN,
  KEY_PACKETS_OUT,
  KEY_BYTES_IN,
  KEY_BYTES_OUT
} Key;

static const char *const sort_keys[] = { "connected", "id",         "namespace",   "user",
                                         "address",   "transport",  "latency",     "buffered",
                                         "events",    "packets-in", "packets-out", "bytes-in",
                                         "bytes-out", NULL };
static const char *const room_sort_keys[] = { "name", "members", NULL };

/* One thing to sort: by number, then by text. */
typedef struct
{
  guint64 number; /* of texts, the first eight bytes */
  const char *text;
  Item item;
} Entry;

/* What is listed, in any order. */
typedef struct
{
  GArray *entries; /* element-type Entry */
  GString *names;
} Found;

static void
snapshot_free (Snapshot *snapshot)
{
  g_free (snapshot->caller);
  g_ptr_array_unref (snapshot->namespaces);
  g_array_unref (snapshot->items);
  g_string_free (snapshot->names, TRUE);
  g_free (snapshot);
}

void
sios_control_clear_snapshots (SiosControl *self)
{
  Snapshot *snapshot;

  while ((snapshot = g_queue_pop_head (&self->snapshots)) != NULL)
    snapshot_free (snapshot);
  g_clear_handle_id (&self->snapshot_timer, g_source_remove);
}

static char *
get_caller_key (const SiosCaller *caller)
{
  return g_strdup_printf ("%d %s %s", caller->kind, caller->address != NULL ? caller->address : "",
                          caller->name != NULL ? caller->name : "");
}

void
sios_control_forget_address (SiosControl *self, SiosCallerKind kind, const char *address)
{
  g_autofree char *prefix = g_strdup_printf ("%d %s ", kind, address);

  for (GList *l = self->snapshots.head, *next; l != NULL; l = next)
    {
      Snapshot *snapshot = l->data;

      next = l->next;
      if (!g_str_has_prefix (snapshot->caller, prefix))
        continue;
      snapshot_free (snapshot);
      g_queue_delete_link (&self->snapshots, l);
    }
  if (self->snapshots.head == NULL)
    g_clear_handle_id (&self->snapshot_timer, g_source_remove);
}

/* Those that nobody asked for long enough; TRUE if there are others. */
static gboolean
expire (SiosControl *self)
{
  gint64 now = self->get_time ();
  Snapshot *last;

  while ((last = g_queue_peek_tail (&self->snapshots)) != NULL && now - last->used >= KEEP_US)
    snapshot_free (g_queue_pop_tail (&self->snapshots));
  return last != NULL;
}

static gboolean
expire_cb (gpointer user_data)
{
  SiosControl *self = user_data;

  if (expire (self))
    return G_SOURCE_CONTINUE;
  self->snapshot_timer = 0;
  return G_SOURCE_REMOVE;
}

static void
keep (SiosControl *self, Snapshot *snapshot)
{
  guint n = 0;

  g_queue_push_head (&self->snapshots, snapshot);
  for (GList *l = self->snapshots.head, *next; l != NULL; l = next)
    {
      Snapshot *other = l->data;

      next = l->next;
      if (strcmp (other->caller, snapshot->caller) != 0 || ++n <= MAX_SNAPSHOTS_OF_CALLER)
        continue;
      snapshot_free (other);
      g_queue_delete_link (&self->snapshots, l);
    }
  if (self->snapshots.length > MAX_SNAPSHOTS)
    snapshot_free (g_queue_pop_tail (&self->snapshots));
  if (self->snapshot_timer == 0)
    self->snapshot_timer = g_timeout_add_seconds (5, expire_cb, self);
}

static Snapshot *
find (SiosControl *self, const SiosCaller *caller, gboolean of_rooms, guint64 revision)
{
  g_autofree char *key = get_caller_key (caller);

  expire (self);
  for (GList *l = self->snapshots.head; l != NULL; l = l->next)
    {
      Snapshot *snapshot = l->data;

      if (snapshot->revision != revision || snapshot->of_rooms != of_rooms ||
          strcmp (snapshot->caller, key) != 0)
        continue;
      g_queue_unlink (&self->snapshots, l);
      g_queue_push_head_link (&self->snapshots, l);
      return snapshot;
    }
  return NULL;
}

/* Where an entry goes. */
typedef struct
{
  guint64 number;
  guint index;
} Place;

static int
compare_texts (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const GArray *entries = user_data;
  const Place *first = a;
  const Place *second = b;

  return strcmp (g_array_index (entries, Entry, first->index).text,
                 g_array_index (entries, Entry, second->index).text);
}

/* By one byte of the number. FALSE if all have the same one there. */
static gboolean
sort_by_byte (const Place *from, Place *to, guint n, guint shift)
{
  guint ends[256] = { 0 };

  for (guint i = 0; i < n; i++)
    ends[from[i].number >> shift & 255]++;
  if (ends[from[0].number >> shift & 255] == n)
    return FALSE;
  for (guint i = 1; i < 256; i++)
    ends[i] += ends[i - 1];
  for (guint i = n; i-- > 0;)
    to[--ends[from[i].number >> shift & 255]] = from[i];
  return TRUE;
}

/* Byte for byte: comparing would cost a wrong guess of the processor for every second of 100 000
 * comparisons. Only texts that begin alike are compared. */
static Place *
sort_entries (GArray *entries)
{
  guint n = entries->len;
  Place *places = g_new (Place, n);
  g_autofree Place *other = g_new (Place, n);

  for (guint i = 0; i < n; i++)
    places[i] = (Place){ g_array_index (entries, Entry, i).number, i };
  for (guint shift = 0; n > 0 && shift < 64; shift += 8)
    if (sort_by_byte (places, other, n, shift))
      {
        Place *sorted = other;

        other = places;
        places = sorted;
      }
  for (guint i = 0, end; i < n; i = end)
    {
      for (end = i + 1; end < n && places[end].number == places[i].number;)
        end++;
      if (end > i + 1 && g_array_index (entries, Entry, places[i].index).text != NULL)
        g_qsort_with_data (places + i, (gint) (end - i), sizeof *places, compare_texts, entries);
    }
  return places;
}

static void
set_text (Entry *entry, const char *text)
{
  entry->text = text;
  for (guint i = 0; i < 8 && text[i] != '\0'; i++)
    entry->number |= (guint64) (guchar) text[i] << (56 - 8 * i);
}

static void
found_init (Found *found)
{
  found->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  found->names = g_string_new (NULL);
}

static void
found_clear (Found *found)
{
  g_array_unref (found->entries);
  if (found->names != NULL)
    g_string_free (found->names, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

/* Names are copied as they are come by: reading them in the order of the list would fetch each
 * from memory once more. */
static void
add_found (Found *found, Entry *entry, guint ns, const char *name)
{
  entry->item = (Item){ ns, (guint) found->names->len };
  g_string_append_len (found->names, name, (gssize) strlen (name) + 1);
  g_array_append_val (found->entries, *entry);
}

/* Makes the list of what was found, and keeps it. Takes the names. */
static Snapshot *
make_snapshot (SiosControl *self,
               const SiosCaller *caller,
               gboolean of_rooms,
               GPtrArray *namespaces,
               Found *found,
               gboolean descending)
{
  GArray *entries = found->entries;
  Snapshot *snapshot = g_new0 (Snapshot, 1);
  g_autofree Place *places = sort_entries (entries);

  snapshot->revision = ++self->last_revision;
  snapshot->caller = get_caller_key (caller);
  snapshot->of_rooms = of_rooms;
  snapshot->namespaces = g_ptr_array_ref (namespaces);
  snapshot->items = g_array_sized_new (FALSE, FALSE, sizeof (Item), entries->len);
  snapshot->names = g_steal_pointer (&found->names);
  for (guint i = 0; i < entries->len; i++)
    {
      const Place *place = &places[descending ? entries->len - 1 - i : i];

      g_array_append_val (snapshot->items, g_array_index (entries, Entry, place->index).item);
    }
  keep (self, snapshot);
  return snapshot;
}

static gboolean
check_request (const SiosPageRequest *request, const char *const *keys, guint *key, GError **error)
{
  *key = 0;
  if (request->limit == 0 || request->limit > SIOS_CONTROL_MAX_PAGE)
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                   "expected a limit from 1 to %d, got %u", SIOS_CONTROL_MAX_PAGE, request->limit);
      return FALSE;
    }
  if (request->sort == NULL || *request->sort == '\0')
    return TRUE;
  for (guint i = 0; keys[i] != NULL; i++)
    if (strcmp (keys[i], request->sort) == 0)
      {
        *key = i;
        return TRUE;
      }
  {
    g_autofree char *known = g_strjoinv (", ", (char **) keys);
    g_autofree char *got = g_utf8_make_valid (request->sort, -1);

    g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                 "expected a sort key of %s, got \"%.100s\"", known, got);
  }
  return FALSE;
}

static gboolean
check_text (const char *text, GError **error)
{
  if (text == NULL || (strlen (text) <= SIOS_CONTROL_MAX_TEXT && g_utf8_validate (text, -1, NULL)))
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "expected a filter of at most %d bytes of UTF-8", SIOS_CONTROL_MAX_TEXT);
  return FALSE;
}

/* NULL with an error. @name may be NULL: all of them. */
static GPtrArray *
get_scope (SiosControl *self, const char *name, GError **error)
{
  GPtrArray *namespaces;
  SioNamespace *ns;

  if (name == NULL || *name == '\0')
    return sios_control_get_namespaces (self);
  ns = sio_server_get_namespace (self->server, name);
  if (ns == NULL)
    {
      g_autofree char *got = g_utf8_make_valid (name, -1);

      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
                   "there is no namespace \"%.100s\"", got);
      return NULL;
    }
  namespaces = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (namespaces, g_object_ref (ns));
  return namespaces;
}

static SiosPage *
page_new (SiosControl *self, Snapshot *snapshot)
{
  SiosPage *page = g_new0 (SiosPage, 1);

  snapshot->used = self->get_time ();
  page->total = snapshot->items->len;
  page->revision = snapshot->revision;
  return page;
}

void
sios_page_free (SiosPage *page)
{
  g_clear_pointer (&page->sockets, g_ptr_array_unref);
  g_clear_pointer (&page->rooms, g_array_unref);
  g_free (page);
}

static Snapshot *
out_of_sync (GError **error)
{
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_OUT_OF_SYNC,
               "the list of this revision is not kept any more; begin again with revision 0");
  return NULL;
}

const char *const *
sios_control_list_sort_keys (void)
{
  return sort_keys;
}

/* Sockets. */

/* What thousands of sockets and sessions say is not in the caches of the processor: while some are
 * read, the next are fetched. That halves the time. */
#define FETCH_AHEAD 8

typedef struct
{
  const SiosSocketFilter *filter;
  char *folded;
  Key key;
  Found found;
  guint ns; /* that is walked over */
  SioSocket *next[FETCH_AHEAD];
  guint n;
} Collect;

static const char *
get_user (SioSocket *socket)
{
  SiosIdentity *identity = sios_socket_get_identity (socket);

  return identity != NULL ? identity->user : NULL;
}

static const char *
get_transport (SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);

  return session != NULL && sio_session_get_transport (session) == SIO_TRANSPORT_WEBSOCKET
             ? "websocket"
             : "polling";
}

static gboolean
contains (const char *text, const char *folded)
{
  g_autofree char *other = NULL;

  if (text == NULL)
    return FALSE;
  other = g_utf8_casefold (text, -1);
  return strstr (other, folded) != NULL;
}

static gboolean
matches (const Collect *collect, SioSocket *socket)
{
  const SiosSocketFilter *filter = collect->filter;
  SioSession *session = sio_socket_get_session (socket);

  if (filter->connected_before > 0 &&
      sio_socket_get_connect_time (socket) >= filter->connected_before)
    return FALSE;
  if (filter->transport != 0 &&
      (session == NULL || sio_session_get_transport (session) != filter->transport))
    return FALSE;
  if (filter->min_latency > 0 &&
      (session == NULL || sio_session_get_round_trip_time (session) < filter->min_latency))
    return FALSE;
  if (filter->user != NULL && g_strcmp0 (get_user (socket), filter->user) != 0)
    return FALSE;
  return collect->folded == NULL || contains (sio_socket_get_id (socket), collect->folded) ||
         contains (get_user (socket), collect->folded) ||
         contains (sio_handshake_get_address (sio_socket_get_handshake (socket)), collect->folded);
}

static void
set_key (Entry *entry, Key key, SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);
  const char *user;

  switch (key)
    {
    case KEY_ID:
      set_text (entry, sio_socket_get_id (socket));
      break;
    case KEY_NAMESPACE:
      set_text (entry, sio_namespace_get_name (sio_socket_get_namespace (socket)));
      break;
    case KEY_USER:
      user = get_user (socket);
      set_text (entry, user != NULL ? user : "");
      break;
    case KEY_ADDRESS:
      set_text (entry, sio_handshake_get_address (sio_socket_get_handshake (socket)));
      break;
    case KEY_TRANSPORT:
      set_text (entry, get_transport (socket));
      break;
    case KEY_LATENCY:
      entry->number = session != NULL ? sio_session_get_round_trip_time (session) : 0;
      break;
    case KEY_BUFFERED:
      entry->number = session != NULL ? sio_session_get_buffered_bytes (session) : 0;
      break;
    case KEY_EVENTS:
      entry->number = sio_socket_get_n_events (socket);
      break;
    case KEY_PACKETS_IN:
      entry->number = session != NULL ? sio_session_get_n_packets_in (session) : 0;
      break;
    case KEY_PACKETS_OUT:
      entry->number = session != NULL ? sio_session_get_n_packets_out (session) : 0;
      break;
    case KEY_BYTES_IN:
      entry->number = session != NULL ? sio_session_get_n_bytes_in (session) : 0;
      break;
    case KEY_BYTES_OUT:
      entry->number = session != NULL ? sio_session_get_n_bytes_out (session) : 0;
      break;
    case KEY_CONNECTED:
    default:
      entry->number = (guint64) sio_socket_get_connect_time (socket);
    }
}

static void
collect_init (Collect *collect, const SiosSocketFilter *filter, Key key)
{
  *collect = (Collect){ .filter = filter, .key = key };
  found_init (&collect->found);
  if (filter->text != NULL && *filter->text != '\0')
    collect->folded = g_utf8_casefold (filter->text, -1);
}

static void
collect_clear (Collect *collect)
{
  found_clear (&collect->found);
  g_free (collect->folded);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Collect, collect_clear)

static void
read_socket (Collect *collect, SioSocket *socket)
{
  Entry entry = { 0 };

  if (!matches (collect, socket))
    return;
  set_key (&entry, collect->key, socket);
  add_found (&collect->found, &entry, collect->ns, sio_socket_get_id (socket));
}

static void
collect_socket (SioSocket *socket, gpointer user_data)
{
  Collect *collect = user_data;
  const char *session = (const char *) sio_socket_get_session (socket);
  SioSocket **place = &collect->next[collect->n++ % FETCH_AHEAD];

  __builtin_prefetch (sio_socket_get_id (socket));
  __builtin_prefetch (session);
  /* Its numbers are at its end. */
  __builtin_prefetch (session + 192);
  __builtin_prefetch (session + 240);
  if (*place != NULL)
    read_socket (collect, *place);
  *place = socket;
}

static void
collect_sockets (Collect *collect, GPtrArray *namespaces, const char *room)
{
  const char *rooms[] = { room, NULL };
  g_autoptr (SioTarget) target = sio_target_new (rooms, NULL, SIO_EMIT_LOCAL, 0);

  for (collect->ns = 0; collect->ns < namespaces->len; collect->ns++)
    {
      sio_adapter_foreach_socket (
          sio_namespace_get_adapter (g_ptr_array_index (namespaces, collect->ns)), target,
          collect_socket, collect);
      for (guint i = 0; i < FETCH_AHEAD; i++)
        {
          SioSocket *socket = g_steal_pointer (&collect->next[collect->n++ % FETCH_AHEAD]);

          if (socket != NULL)
            read_socket (collect, socket);
        }
    }
}

static Snapshot *
list_sockets (SiosControl *self,
              const SiosCaller *caller,
              const SiosSocketFilter *filter,
              const SiosPageRequest *request,
              Key key,
              GError **error)
{
  g_autoptr (GPtrArray) namespaces = NULL;
  g_auto (Collect) collect;

  collect_init (&collect, filter, key);
  if (!check_text (filter->text, error) || !check_text (filter->user, error) ||
      !check_text (filter->room, error))
    return NULL;
  namespaces = get_scope (self, filter->ns, error);
  if (namespaces == NULL)
    return NULL;
  collect_sockets (&collect, namespaces, filter->room);
  return make_snapshot (self, caller, FALSE, namespaces, &collect.found, request->descending);
}

SiosPage *
sios_control_list_sockets (SiosControl *self,
                           const SiosCaller *caller,
                           const SiosSocketFilter *filter,
                           const SiosPageRequest *request,
                           GError **error)
{
  Snapshot *snapshot;
  SiosPage *page;
  guint key;

  if (!check_request (request, sort_keys, &key, error))
    return NULL;
  if (request->revision == 0)
    snapshot = list_sockets (self, caller, filter, request, (Key) key, error);
  else if ((snapshot = find (self, caller, FALSE, request->revision)) == NULL)
    out_of_sync (error);
  if (snapshot == NULL)
    return NULL;

  page = page_new (self, snapshot);
  page->sockets = g_ptr_array_new_full (request->limit, g_object_unref);
  for (guint i = request->offset; i < page->total && i - request->offset < request->limit; i++)
    {
      const Item *item = &g_array_index (snapshot->items, Item, i);
      SioSocket *socket = sio_namespace_get_socket (
          g_ptr_array_index (snapshot->namespaces, item->ns), snapshot->names->str + item->offset);

      if (socket != NULL)
        g_ptr_array_add (page->sockets, g_object_ref (socket));
    }
  return page;
}

void
sios_socket_row_init (SiosSocketRow *row, SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);
  guint n_rooms = sio_socket_get_n_rooms (socket);

  memset (row, 0, sizeof *row);
  row->id = sio_socket_get_id (socket);
  row->ns = sio_namespace_get_name (sio_socket_get_namespace (socket));
  row->user = get_user (socket);
  row->address = sio_handshake_get_address (sio_socket_get_handshake (socket));
  row->transport = get_transport (socket);
  row->connected_at = sio_socket_get_connect_time (socket);
  row->n_rooms = n_rooms > 0 ? n_rooms - 1 : 0;
  row->events = sio_socket_get_n_events (socket);
  if (session == NULL)
    return;
  row->latency = sio_session_get_round_trip_time (session);
  row->buffered = sio_session_get_buffered_bytes (session);
  row->packets_in = sio_session_get_n_packets_in (session);
  row->packets_out = sio_session_get_n_packets_out (session);
  row->bytes_in = sio_session_get_n_bytes_in (session);
  row->bytes_out = sio_session_get_n_bytes_out (session);
}

GPtrArray *
sios_control_list_user (SiosControl *self, const char *user)
{
  g_autoptr (GPtrArray) namespaces = sios_control_get_namespaces (self);
  const SiosSocketFilter filter = { .user = user };
  g_auto (Collect) collect;
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  collect_init (&collect, &filter, KEY_CONNECTED);
  collect_sockets (&collect, namespaces, NULL);
  for (guint i = 0; i < collect.found.entries->len && i < SIOS_CONTROL_MAX_PAGE; i++)
    {
      const Item *item = &g_array_index (collect.found.entries, Entry, i).item;

      g_ptr_array_add (sockets, g_object_ref (sio_namespace_get_socket (
                                    g_ptr_array_index (namespaces, item->ns),
                                    collect.found.names->str + item->offset)));
    }
  return sockets;
}

/* Rooms. */

static void
clear_room (gpointer data)
{
  SiosRoomRow *row = data;

  g_free (row->ns);
  g_free (row->name);
}

static Snapshot *
list_rooms (SiosControl *self,
            const SiosCaller *caller,
            const char *ns_name,
            const char *text,
            const SiosPageRequest *request,
            guint key,
            GError **error)
{
  g_auto (Found) found;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autoptr (GPtrArray) namespaces = NULL;
  g_autofree char *folded = NULL;

  found_init (&found);
  if (!check_text (text, error))
    return NULL;
  namespaces = get_scope (self, ns_name, error);
  if (namespaces == NULL)
    return NULL;
  if (text != NULL && *text != '\0')
    folded = g_utf8_casefold (text, -1);
  for (guint i = 0; i < namespaces->len; i++)
    {
      SioAdapter *adapter = sio_namespace_get_adapter (g_ptr_array_index (namespaces, i));
      char **rooms = sio_adapter_list_rooms (adapter);

      g_ptr_array_add (names, rooms);
      for (guint j = 0; rooms[j] != NULL; j++)
        {
          Entry entry = { 0 };

          if (folded != NULL && !contains (rooms[j], folded))
            continue;
          if (key == 1)
            entry.number = sio_adapter_get_room_size (adapter, rooms[j]);
          else
            set_text (&entry, rooms[j]);
          add_found (&found, &entry, i, rooms[j]);
        }
    }
  return make_snapshot (self, caller, TRUE, namespaces, &found, request->descending);
}

SiosPage *
sios_control_list_rooms (SiosControl *self,
                         const SiosCaller *caller,
                         const char *ns,
                         const char *text,
                         const SiosPageRequest *request,
                         GError **error)
{
  Snapshot *snapshot;
  SiosPage *page;
  guint key;

  if (!check_request (request, room_sort_keys, &key, error))
    return NULL;
  if (request->revision == 0)
    snapshot = list_rooms (self, caller, ns, text, request, key, error);
  else if ((snapshot = find (self, caller, TRUE, request->revision)) == NULL)
    out_of_sync (error);
  if (snapshot == NULL)
    return NULL;

  page = page_new (self, snapshot);
  page->rooms = g_array_new (FALSE, FALSE, sizeof (SiosRoomRow));
  g_array_set_clear_func (page->rooms, clear_room);
  for (guint i = request->offset; i < page->total && i - request->offset < request->limit; i++)
    {
      const Item *item = &g_array_index (snapshot->items, Item, i);
      SioNamespace *room_ns = g_ptr_array_index (snapshot->namespaces, item->ns);
      const char *name = snapshot->names->str + item->offset;
      SiosRoomRow row = { NULL, NULL,
                          sio_adapter_get_room_size (sio_namespace_get_adapter (room_ns), name) };

      if (row.n_members == 0)
        continue;
      row.ns = g_strdup (sio_namespace_get_name (room_ns));
      row.name = g_strdup (name);
      g_array_append_val (page->rooms, row);
    }
  return page;
}

GArray *
sios_control_list_namespaces (SiosControl *self)
{
  g_autoptr (GPtrArray) namespaces = sios_control_get_namespaces (self);
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (SiosNamespaceRow));

  for (guint i = 0; i < namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (namespaces, i);
      SiosNamespaceRow row = { sio_namespace_get_name (ns), sio_namespace_get_n_sockets (ns),
                               sio_adapter_get_n_rooms (sio_namespace_get_adapter (ns)) };

      g_array_append_val (rows, row);
    }
  return rows;
}
