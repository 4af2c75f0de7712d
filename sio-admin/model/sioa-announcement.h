/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-server.h"

G_BEGIN_DECLS

/* Something that is to be sent to clients, and to whom. */

/* Clients get plain announcements as this event, with an object of title, text, severity and time.
 */
#define SIOA_ANNOUNCEMENT_EVENT "announcement"

typedef enum
{
  SIOA_AUDIENCE_EVERYONE,
  SIOA_AUDIENCE_NAMESPACE,
  SIOA_AUDIENCE_ROOM,
  SIOA_AUDIENCE_USER, /* in all namespaces */
  SIOA_AUDIENCE_SELECTION
} SioaAudience;

typedef struct
{
  char *title;
  char *text;
  char *severity; /* "info", "warning", "critical" */
  char *event;    /* NULL for a plain one, which has the above */
  char *args;     /* a JSON list, with event */
  SioaAudience audience;
  char *nsp;          /* of a namespace or room */
  char *name;         /* of a room or user */
  GPtrArray *sockets; /* of SioaSocket; of a selection */
} SioaAnnouncement;

SioaAnnouncement *sioa_announcement_new (void);
SioaAnnouncement *sioa_announcement_copy (const SioaAnnouncement *self);
void sioa_announcement_free (SioaAnnouncement *self);
/* Whether everything is there and makes sense; errors say what does not. */
gboolean sioa_announcement_check (const SioaAnnouncement *self, GError **error);
/* The JSON list that is sent at @time (microseconds since 1970). */
char *sioa_announcement_dup_args (const SioaAnnouncement *self, gint64 time);
/* One line for people: what, and to whom. */
char *sioa_announcement_describe (const SioaAnnouncement *self);
char *sioa_announcement_describe_audience (const SioaAnnouncement *self);
/* How many sockets would get it now, or SIOA_UNKNOWN. */
gint64 sioa_announcement_count (const SioaAnnouncement *self, SioaServer *server);
/* Ends with how many sockets got it, or SIOA_UNKNOWN. */
void sioa_announcement_send_async (const SioaAnnouncement *self,
                                   SioaServer *server,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gint64 sioa_announcement_send_finish (SioaServer *server, GAsyncResult *result, GError **error);
/* A template: without the audience. */
void sioa_announcement_save (const SioaAnnouncement *self, GKeyFile *file, const char *group);
SioaAnnouncement *sioa_announcement_load (GKeyFile *file, const char *group);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioaAnnouncement, sioa_announcement_free)

G_END_DECLS
