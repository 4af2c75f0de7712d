/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "sioa-announcements.h"
#include "sioa-servers.h"

G_BEGIN_DECLS

#define SIOA_APPLICATION_ID "org.sioglib.Admin"

#define SIOA_TYPE_APPLICATION (sioa_application_get_type ())
G_DECLARE_FINAL_TYPE (SioaApplication, sioa_application, SIOA, APPLICATION, AdwApplication)

SioaApplication *sioa_application_new (void);
/* Of SioaServer: the same for all windows. */
GListStore *sioa_application_get_servers (SioaApplication *self);
/* The same, and all of them in sum above them where there are several. */
GListModel *sioa_application_get_entries (SioaApplication *self);
/* Those among them that somebody added. */
SioaServers *sioa_application_get_saved (SioaApplication *self);
SioaAnnouncements *sioa_application_get_announcements (SioaApplication *self);
/* NULL where they are not installed. */
GSettings *sioa_application_get_settings (SioaApplication *self);

G_END_DECLS
