/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-server.h"

G_BEGIN_DECLS

/* What is done to sockets: asks first, does it, and tells how it went in a toast of the window. */
typedef enum
{
  SIOA_ACT_DISCONNECT, /* from the namespace */
  SIOA_ACT_CLOSE,      /* their connections */
  SIOA_ACT_JOIN,
  SIOA_ACT_LEAVE,
  SIOA_ACT_EMIT,
  SIOA_ACT_EMPTY /* a room: all of it leave it */
} SioaAct;

/* With all of a room, or of a namespace (@room: NULL). @widget is anything in the window; @whom is
 * how the question names them. */
void sioa_actions_run (GtkWidget *widget,
                       SioaServer *server,
                       SioaAct act,
                       const char *nsp,
                       const char *room,
                       const char *whom);
/* With @sockets (of SioaSocket), whatever namespaces they are of; @name: of a room, to begin with.
 */
void sioa_actions_run_on_sockets (
    GtkWidget *widget, SioaServer *server, SioaAct act, GPtrArray *sockets, const char *name);
/* In a toast of the window. */
void sioa_actions_tell (GtkWidget *widget, const char *text);
/* What a server must be able to do for that. */
SioaFeatures sioa_actions_get_needed (SioaAct act);

G_END_DECLS
