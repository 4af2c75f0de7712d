/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-socket-filter.h"

G_BEGIN_DECLS

/* A button with what @filter can ask for beside the text: age, latency, room and user. */
GtkWidget *sioa_socket_filter_button_new (SioaSocketFilter *filter);

G_END_DECLS
