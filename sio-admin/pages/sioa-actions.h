/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-server.h"

G_BEGIN_DECLS

/* What is done to sockets: asks first, does it, and tells how it went in a toast of the window.
 * @widget is anything in that window; @nsp and @rooms (also ids; NULL: everybody) are copied;
 * @whom is how the question names them. */
typedef enum
{
  SIOA_ACT_DISCONNECT, /* from the namespace */
  SIOA_ACT_CLOSE,      /* their connections */
  SIOA_ACT_JOIN,
  SIOA_ACT_LEAVE,
  SIOA_ACT_EMIT
} SioaAct;

void sioa_actions_run (GtkWidget *widget,
                       SioaServer *server,
                       SioaAct act,
                       const char *nsp,
                       const char *const *rooms,
                       const char *whom);
/* What a server must be able to do for that. */
SioaFeatures sioa_actions_get_needed (SioaAct act);

G_END_DECLS
