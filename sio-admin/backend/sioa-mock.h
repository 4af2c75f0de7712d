/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-backend.h"

G_BEGIN_DECLS

/* A server that is made up, for --demo, pictures and tests: the same seed gives the same sockets,
 * rooms and figures. Actions have their effect on it. */
#define SIOA_TYPE_MOCK (sioa_mock_get_type ())
G_DECLARE_FINAL_TYPE (SioaMock, sioa_mock, SIOA, MOCK, GObject)

/* @changes_per_second: connections that come and go, rooms joined and left, while it runs. */
SioaMock *sioa_mock_new (guint32 seed, guint n_sockets, guint changes_per_second);
/* Before it is opened: it lives in the present. Without this, time goes by only with
 * sioa_mock_advance (). */
void sioa_mock_run (SioaMock *self);
/* Before it is opened: it began that long ago, and can be advanced to the present. */
void sioa_mock_set_past (SioaMock *self, guint seconds);
void sioa_mock_advance (SioaMock *self, guint milliseconds);
/* The time of its samples, monotonic. */
gint64 sioa_mock_get_time (SioaMock *self);
/* As if the connection broke, or the server refused; SIOA_STATE_OPEN ends that. */
void sioa_mock_set_state (SioaMock *self, SioaState state, const GError *error);
void sioa_mock_set_features (SioaMock *self, SioaFeatures features);

G_END_DECLS
