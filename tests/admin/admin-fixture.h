/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sioa-backend.h"

G_BEGIN_DECLS

#define wait_for(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 wait_end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;                               \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > wait_end)                                                    \
          g_error ("%s:%d: timed out waiting for %s", __FILE__, __LINE__, #condition);             \
        iterate ();                                                                                \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

void iterate (void);
/* CPU time of the longest one in microseconds: others use the processor, too. */
extern gint64 longest_step;
/* For whatever a bug would do at once. */
void iterate_for (guint ms);

/* A program that says "listening on PORT …" and may be told what to do, line by line. */
typedef struct
{
  GSubprocess *process;
  GDataInputStream *output;
  guint port;
  guint second_port; /* 0: there is none */
} Peer;

/* The next line of a program (transfer full). */
char *read_line (GDataInputStream *output);
Peer *peer_new (const char *const *arguments);
void peer_free (Peer *peer);
gboolean peer_is_alive (Peer *peer);
/* @command is a list in JSON; the answer is JSON, too. */
JsonNode *tell (Peer *peer, const char *command);

/* The callback of actions, with a GError ** as user data, and how to wait for it: the code of the
 * error, or -1. */
void acted_cb (GObject *source, GAsyncResult *result, gpointer user_data);
int wait_code (GError **result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)

G_END_DECLS
