/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-socket-filter.h"

#include <string.h>

struct _SioaSocketFilter
{
  GtkFilter parent_instance;

  char *text; /* folded */
  gboolean ascii;
  char *nsp;
  char *room;
  char *user;
  char *transport;
  gint64 min_age;
  gint64 min_latency;
};

G_DEFINE_FINAL_TYPE (SioaSocketFilter, sioa_socket_filter, GTK_TYPE_FILTER)

/* Most names are ASCII, and folding all of them at each key pressed would take too long. */
static gboolean
contains (SioaSocketFilter *self, const char *where)
{
  g_autofree char *folded = NULL;

  if (where == NULL)
    return FALSE;
  if (self->ascii)
    return strcasestr (where, self->text) != NULL;
  folded = g_utf8_casefold (where, -1);
  return strstr (folded, self->text) != NULL;
}

static gboolean
matches_text (SioaSocketFilter *self, SioaSocket *socket)
{
  SioaSocketRecord *record = sioa_socket_get_record (socket);
  const char *const *rooms = sioa_socket_get_rooms (socket, NULL);

  if (contains (self, record->id) || contains (self, record->user) ||
      contains (self, record->address) || contains (self, record->transport))
    return TRUE;
  for (guint i = 0; rooms[i] != NULL; i++)
    if (contains (self, rooms[i]))
      return TRUE;
  return FALSE;
}

static gboolean
sioa_socket_filter_match (GtkFilter *filter, gpointer item)
{
  SioaSocketFilter *self = SIOA_SOCKET_FILTER (filter);
  SioaSocket *socket = item;
  SioaSocketRecord *record = sioa_socket_get_record (socket);

  if (self->nsp != NULL && strcmp (self->nsp, record->nsp) != 0)
    return FALSE;
  if (self->transport != NULL && g_strcmp0 (self->transport, record->transport) != 0)
    return FALSE;
  if (self->user != NULL && g_strcmp0 (self->user, record->user) != 0)
    return FALSE;
  if (self->min_latency > 0 && record->rtt < self->min_latency * 1000)
    return FALSE;
  /* One of unknown age is not known to be that old. */
  if (self->min_age > 0 &&
      (record->connected_at == SIOA_UNKNOWN ||
       g_get_real_time () - record->connected_at < self->min_age * G_USEC_PER_SEC))
    return FALSE;
  if (self->room != NULL && !sioa_socket_is_in (socket, self->room))
    return FALSE;
  return self->text == NULL || matches_text (self, socket);
}

static GtkFilterMatch
sioa_socket_filter_get_strictness (GtkFilter *filter)
{
  return sioa_socket_filter_is_empty (SIOA_SOCKET_FILTER (filter)) ? GTK_FILTER_MATCH_ALL
                                                                   : GTK_FILTER_MATCH_SOME;
}

static void
sioa_socket_filter_finalize (GObject *object)
{
  SioaSocketFilter *self = SIOA_SOCKET_FILTER (object);

  g_free (self->text);
  g_free (self->nsp);
  g_free (self->room);
  g_free (self->user);
  g_free (self->transport);

  G_OBJECT_CLASS (sioa_socket_filter_parent_class)->finalize (object);
}

static void
sioa_socket_filter_class_init (SioaSocketFilterClass *klass)
{
  GtkFilterClass *filter_class = GTK_FILTER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sioa_socket_filter_finalize;
  filter_class->match = sioa_socket_filter_match;
  filter_class->get_strictness = sioa_socket_filter_get_strictness;
}

static void
sioa_socket_filter_init (SioaSocketFilter *self)
{
}

SioaSocketFilter *
sioa_socket_filter_new (void)
{
  return g_object_new (SIOA_TYPE_SOCKET_FILTER, NULL);
}

void
sioa_socket_filter_refresh (SioaSocketFilter *self)
{
  gtk_filter_changed (GTK_FILTER (self), GTK_FILTER_CHANGE_DIFFERENT);
}

static void
set_string (SioaSocketFilter *self, char **string, const char *value)
{
  if (value != NULL && *value == '\0')
    value = NULL;
  if (g_strcmp0 (*string, value) == 0)
    return;
  g_free (*string);
  *string = g_strdup (value);
  sioa_socket_filter_refresh (self);
}

void
sioa_socket_filter_set_text (SioaSocketFilter *self, const char *text)
{
  g_autofree char *stripped = text != NULL ? g_strstrip (g_strdup (text)) : NULL;
  g_autofree char *folded = stripped != NULL ? g_utf8_casefold (stripped, -1) : NULL;

  self->ascii = folded != NULL && g_str_is_ascii (folded);
  set_string (self, &self->text, folded);
}

void
sioa_socket_filter_set_nsp (SioaSocketFilter *self, const char *nsp)
{
  set_string (self, &self->nsp, nsp);
}

void
sioa_socket_filter_set_room (SioaSocketFilter *self, const char *room)
{
  set_string (self, &self->room, room);
}

void
sioa_socket_filter_set_user (SioaSocketFilter *self, const char *user)
{
  set_string (self, &self->user, user);
}

void
sioa_socket_filter_set_transport (SioaSocketFilter *self, const char *transport)
{
  set_string (self, &self->transport, transport);
}

void
sioa_socket_filter_set_min_age (SioaSocketFilter *self, gint64 seconds)
{
  if (self->min_age == seconds)
    return;
  self->min_age = seconds;
  sioa_socket_filter_refresh (self);
}

void
sioa_socket_filter_set_min_latency (SioaSocketFilter *self, gint64 milliseconds)
{
  if (self->min_latency == milliseconds)
    return;
  self->min_latency = milliseconds;
  sioa_socket_filter_refresh (self);
}

gboolean
sioa_socket_filter_is_empty (SioaSocketFilter *self)
{
  return self->text == NULL && self->nsp == NULL && self->room == NULL && self->user == NULL &&
         self->transport == NULL && self->min_age == 0 && self->min_latency == 0;
}
