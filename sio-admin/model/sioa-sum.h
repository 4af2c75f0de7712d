/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-server.h"

G_BEGIN_DECLS

/* All servers of a list together: what they do is added up second by second, as soon as each of
 * them told of that second. Servers that are away are missing in the sums, and named. One that is
 * reached in two ways is counted once. It takes no orders and lists no sockets. */
#define SIOA_TYPE_SUM (sioa_sum_get_type ())
G_DECLARE_FINAL_TYPE (SioaSum, sioa_sum, SIOA, SUM, GObject)

/* @servers: of SioaServer, without the sum itself. */
SioaSum *sioa_sum_new (GListModel *servers);
/* The sum as an entry of lists. */
SioaServer *sioa_sum_make_server (SioaSum *self, const char *name);
/* NULL if @server is one and not a sum. */
SioaSum *sioa_sum_of (SioaServer *server);
GListModel *sioa_sum_get_servers (SioaSum *self);
SioaHistory *sioa_sum_get_history (SioaSum *self);
/* "2 of 3 connected, “A” is away" */
char *sioa_sum_describe (SioaSum *self);
/* Whether it is part of the sums. If it is not although it is there, @twin (nullable, transfer
 * none) is the same server. */
gboolean sioa_sum_counts (SioaSum *self, SioaServer *server, SioaServer **twin);
/* Of how many of the servers that are counted @value is known. */
guint sioa_sum_count_known (SioaSum *self, SioaValue value, guint *n_counted);
/* Names of those that are counted and measure no round trips of their clients; NULL: all do. */
char *sioa_sum_name_silent (SioaSum *self);
void sioa_sum_foreach_socket (SioaSum *self, GFunc func, gpointer user_data);
/* Adds up what is known at @now (monotonic, µs). By itself that is done once a second. */
void sioa_sum_catch_up (SioaSum *self, gint64 now);

G_END_DECLS
