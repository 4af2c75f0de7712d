/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-call.h"
#include "sios-feature.h"

G_BEGIN_DECLS

/* What sios_features_get (…, &sios_metrics_feature) gives. */
typedef struct _SiosMetrics SiosMetrics;

/* As GET /metrics does, for a caller that may. */
void sios_metrics_answer (SiosMetrics *self, SiosCall *call);

extern const SiosFeature sios_metrics_feature;

G_END_DECLS
