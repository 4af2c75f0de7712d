/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioctl-bus.h"

G_BEGIN_DECLS

/* What can be given to any command; each says which it wants. */
typedef struct
{
  char *nsp;
  char **rooms;
  char **ids;
  char *user;
  char *text;
  char *transport;
  char *older_than;  /* "10min" */
  char *slower_than; /* "200ms" */
  char *sort;
  char **except;
  gboolean reverse;
  int limit;
  gboolean close;
  gboolean strings;
  char *severity;
  char *lasting; /* "2h" */
  int timeout;   /* seconds */
  double interval;
  int count;
  gboolean outgoing;
  gboolean payload;
  int max_payload; /* bytes */
  char *event;
  gboolean quiet;
} SioctlOptions;

typedef enum
{
  SIOCTL_TAKES_NAMESPACE = 1 << 0,
  SIOCTL_TAKES_ORDER = 1 << 1,  /* text, reverse, limit */
  SIOCTL_TAKES_EXCEPT = 1 << 2, /* namespace, except */
  SIOCTL_TAKES_STRINGS = 1 << 3,
  SIOCTL_TAKES_CLOSE = 1 << 4,
  SIOCTL_TAKES_SEVERITY = 1 << 5,
  SIOCTL_TAKES_DURATION = 1 << 6,
  SIOCTL_TAKES_TIMEOUT = 1 << 7,
  SIOCTL_TAKES_REFRESH = 1 << 8,
  SIOCTL_TAKES_TRAFFIC = 1 << 9,
  SIOCTL_TAKES_SELECTION = 1 << 10, /* namespace, user, room, text, transport, ages */
  SIOCTL_TAKES_TARGET = 1 << 11,    /* room, id, user */
  SIOCTL_TAKES_SORT = 1 << 12,
  SIOCTL_TAKES_ROOM_SORT = 1 << 13,
  SIOCTL_TAKES_QUIET = 1 << 14,
  SIOCTL_TAKES_IDS = 1 << 15 /* as arguments */
} SioctlTakes;

typedef struct
{
  const char *name;
  const char *arguments; /* for the help */
  const char *summary;
  guint min;
  guint max; /* arguments */
  SioctlTakes takes;
  /* FALSE with @error; @arguments ends with NULL. */
  gboolean (*run) (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error);
} SioctlCommand;

/* Ends with one without a name. */
extern const SioctlCommand sioctl_list_commands[];
extern const SioctlCommand sioctl_act_commands[];
extern const SioctlCommand sioctl_live_commands[];

/* Of a command line: a{sv} with what was asked for. Floating, NULL with @error. */
GVariant *sioctl_make_filter (const SioctlOptions *options, gint64 now, GError **error);
/* "200ms", "90s", "30min", "12h", "7d" as microseconds. */
gboolean sioctl_parse_duration (const char *text, guint64 *us, GError **error);
GVariant *sioctl_make_target (const SioctlOptions *options);
/* A row of ListSockets as a dictionary; floating. */
GVariant *sioctl_describe_socket (GVariant *row);
#define SIOCTL_SOCKET_ROWS "a(sssssxuutttttt)"

G_END_DECLS
