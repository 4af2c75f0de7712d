/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-page.h"

G_BEGIN_DECLS

/* How long round trips took: over time, how they are spread, and whose are the longest. */
#define SIOA_TYPE_LATENCY_PAGE (sioa_latency_page_get_type ())
G_DECLARE_FINAL_TYPE (SioaLatencyPage, sioa_latency_page, SIOA, LATENCY_PAGE, SioaPage)

GtkWidget *sioa_latency_page_new (void);
/* The threshold stays as somebody left it. */
void sioa_latency_page_keep (SioaLatencyPage *self, GSettings *settings);

G_END_DECLS
