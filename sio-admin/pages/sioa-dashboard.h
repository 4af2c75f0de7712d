/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-page.h"

G_BEGIN_DECLS

#define SIOA_TYPE_DASHBOARD (sioa_dashboard_get_type ())
G_DECLARE_FINAL_TYPE (SioaDashboard, sioa_dashboard, SIOA, DASHBOARD, SioaPage)

GtkWidget *sioa_dashboard_new (void);

G_END_DECLS
