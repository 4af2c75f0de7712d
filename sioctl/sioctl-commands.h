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
  char *event;
} SioctlOptions;

typedef enum
{
  SIOCTL_TAKES_FILTER = 1 << 0, /* namespace, user */
  SIOCTL_TAKES_SEARCH = 1 << 1, /* text, transport, sort, reverse, limit */
  SIOCTL_TAKES_TARGET = 1 << 2, /* namespace, room, id, user, except */
  SIOCTL_TAKES_STRINGS = 1 << 3,
  SIOCTL_TAKES_CLOSE = 1 << 4,
  SIOCTL_TAKES_SEVERITY = 1 << 5,
  SIOCTL_TAKES_DURATION = 1 << 6,
  SIOCTL_TAKES_TIMEOUT = 1 << 7,
  SIOCTL_TAKES_REFRESH = 1 << 8,
  SIOCTL_TAKES_TRAFFIC = 1 << 9,
  SIOCTL_TAKES_ROOM = 1 << 10
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

/* Of a command line: a{sv} with what was asked for. Floating. */
GVariant *sioctl_make_filter (const SioctlOptions *options);
GVariant *sioctl_make_target (const SioctlOptions *options);
/* A row of ListSockets as a dictionary; floating. */
GVariant *sioctl_describe_socket (GVariant *row);
#define SIOCTL_SOCKET_ROWS "a(sssssxuutttttt)"

G_END_DECLS
