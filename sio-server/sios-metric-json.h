/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-feature.h"

G_BEGIN_DECLS

/* The numbers of all features as members of an object, each with a comma behind it:
 * "unknownEvents":{"dropped":1,"refused":{"expired":2}}, */
void sios_metrics_append_json (GString *json, SiosFeatures *features);

G_END_DECLS
