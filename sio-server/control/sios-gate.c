/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-gate.h"

#include <string.h>

#include "sios-auth-config.h"
#include "sios-auth.h"
#include "sios-control.h"
#include "sios-guesses.h"
#include "sios-tokens.h"

#define MAX_ADDRESSES 4096
#define STATUS_TOO_MANY_REQUESTS 429 /* libsoup 3.2 has no name for it */

typedef enum
{
  REFUSED_THROTTLED,
  REFUSED_NOT_CONFIGURED,
  REFUSED_NO_TOKEN,
  REFUSED_WRONG_TOKEN,
  REFUSED_PERMISSION,
  REFUSED_BUSY,
  N_REFUSED
} Refused;

static const struct
{
  const char *reason; /* of the counter and the answer */
  guint status;
} refusals[N_REFUSED] = {
  [REFUSED_THROTTLED] = { "throttled", STATUS_TOO_MANY_REQUESTS },
  [REFUSED_NOT_CONFIGURED] = { "not-configured", SOUP_STATUS_FORBIDDEN },
  [REFUSED_NO_TOKEN] = { "no-token", SOUP_STATUS_UNAUTHORIZED },
  [REFUSED_WRONG_TOKEN] = { "wrong-token", SOUP_STATUS_UNAUTHORIZED },
  [REFUSED_PERMISSION] = { "permission", SOUP_STATUS_FORBIDDEN },
  [REFUSED_BUSY] = { "busy", SOUP_STATUS_SERVICE_UNAVAILABLE },
};

struct _SiosGate
{
  SiosWeb *web;
  gboolean started;
  SiosFeatures *features;
  SiosAuth *auth;
  gboolean users;     /* who are administrators may show their token */
  SiosTokens *tokens; /* of the configuration; NULL without */
  SiosConfig *config;
  SiosGuesses *guesses;
  guint64 n_passed;
  guint64 n_refused[N_REFUSED];
};

static gpointer
gate_create (SiosFeatures *features)
{
  SiosGate *self = g_new0 (SiosGate, 1);

  self->features = features;
  self->web = sios_web_new (features);
  self->guesses = sios_guesses_new (MAX_ADDRESSES);
  return self;
}

static void
gate_destroy (gpointer data)
{
  SiosGate *self = data;

  g_clear_pointer (&self->config, sios_config_unref);
  sios_guesses_free (self->guesses);
  sios_web_free (self->web);
  g_free (self);
}

static gpointer
gate_prepare (SiosConfig *config, GPtrArray *problems)
{
  const char *file = sios_config_get_string (config, "api", "token-file");

  return *file != '\0' ? sios_tokens_load (file, problems) : NULL;
}

static void
gate_release (gpointer data)
{
  if (data != NULL)
    sios_tokens_free (data);
}

static void
gate_configure (gpointer data, SiosConfig *config)
{
  SiosGate *self = data;
  const SiosAuthConfig *users;

  if (!self->started && sios_config_get_list (config, "api", "listen")[0] != NULL)
    sios_web_separate (self->web);
  self->started = TRUE;
  sios_web_configure (self->web, config);
  /* The tokens are its. */
  g_clear_pointer (&self->config, sios_config_unref);
  self->config = sios_config_ref (config);
  self->tokens = sios_config_get_prepared (config, sios_gate_feature.name);
  users = sios_config_get_prepared (config, sios_auth_feature.name);
  self->auth = sios_features_get (self->features, &sios_auth_feature);
  self->users = sios_auth_config_has_keys (users) && users->admin_roles[0] != NULL;
  sios_guesses_set_rate (self->guesses,
                         (guint) sios_config_get_integer (config, "api", "failures-per-minute"));
}

static gboolean
gate_listen (gpointer data, SiosConfig *config, GError **error)
{
  SiosGate *self = data;

  return !sios_web_is_separate (self->web) ||
         sios_web_listen (self->web, sios_config_get_list (config, "api", "listen"), "The HTTP API",
                          error);
}

SiosWeb *
sios_gate_get_web (SiosGate *self)
{
  return self->web;
}

static void
refuse (SiosGate *self, SiosCall *call, const char *action, Refused refused, guint wait)
{
  SiosCaller caller = sios_call_get_caller (call);
  const char *reason = refusals[refused].reason;
  guint status = refusals[refused].status;

  self->n_refused[refused]++;
  sios_control_deny (sios_control_get (self->features), &caller, action, NULL, reason);
  switch (refused)
    {
    case REFUSED_THROTTLED:
      {
        g_autofree char *seconds = g_strdup_printf ("%u", wait);

        sios_call_set_header (call, "Retry-After", seconds);
        sios_call_answer_error (call, status, reason,
                                "Too many wrong tokens came from this address; try again in %u s",
                                wait);
        break;
      }
    case REFUSED_NOT_CONFIGURED:
      sios_call_answer_error (call, status, reason,
                              "Nobody may use this: neither tokens ([api] token-file=) nor keys "
                              "and admin-roles of [auth] are configured");
      break;
    case REFUSED_NO_TOKEN:
      sios_call_set_header (call, "WWW-Authenticate", "Bearer realm=\"sio-server\"");
      sios_call_answer_error (call, status, reason,
                              "Expected a header \"Authorization: Bearer TOKEN\"");
      break;
    case REFUSED_WRONG_TOKEN:
      sios_call_set_header (call, "WWW-Authenticate",
                            "Bearer realm=\"sio-server\", error=\"invalid_token\"");
      sios_call_answer_error (call, status, reason, "The token is not known or no longer valid");
      break;
    case REFUSED_BUSY:
      sios_call_set_header (call, "Retry-After", "1");
      sios_call_answer_error (call, status, reason, "The token cannot be verified at the moment");
      break;
    case REFUSED_PERMISSION:
    default:
      sios_call_set_header (call, "WWW-Authenticate",
                            "Bearer realm=\"sio-server\", error=\"insufficient_scope\"");
      sios_call_answer_error (call, status, reason, "The token does not permit this: %s", action);
      break;
    }
}

/* NULL if the header has none. */
static const char *
get_bearer (SiosCall *call)
{
  const char *text = sios_call_get_header (call, "Authorization");

  if (text == NULL || g_ascii_strncasecmp (text, "Bearer ", 7) != 0)
    return NULL;
  text += 7;
  while (*text == ' ')
    text++;
  return *text != '\0' ? text : NULL;
}

/* Whether there is anybody who may. */
static gboolean
has_callers (SiosGate *self)
{
  return self->users || (self->tokens != NULL && sios_tokens_get_length (self->tokens) > 0);
}

/* What waits for the token of a user to be verified. */
typedef struct
{
  SiosGate *self;
  SiosCall *call;
  char *action;
  SiosCallFunc func;
  gpointer user_data;
} Pending;

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  SiosGate *self = pending->self;
  g_autoptr (SiosCall) call = pending->call;
  g_autofree char *action = pending->action;
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosIdentity) identity = sios_auth_verify_finish (self->auth, result, &error);
  SiosCallFunc func = pending->func;
  gpointer func_data = pending->user_data;
  gboolean busy = g_error_matches (error, SIOS_AUTH_ERROR, SIOS_AUTH_BUSY) ||
                  g_error_matches (error, SIOS_AUTH_ERROR, SIOS_AUTH_KEYS_UNAVAILABLE);

  g_free (pending);
  if (identity == NULL)
    {
      /* Whoever has a good one may try again. */
      if (!busy)
        sios_guesses_add (self->guesses, call->address, g_get_monotonic_time ());
      refuse (self, call, action, busy ? REFUSED_BUSY : REFUSED_WRONG_TOKEN, 1);
      return;
    }
  call->caller = g_strdup (identity->user);
  if (!sios_auth_is_admin (self->auth, identity))
    {
      refuse (self, call, action, REFUSED_PERMISSION, 0);
      return;
    }
  self->n_passed++;
  func (call, func_data);
}

void
sios_gate_pass (SiosGate *self,
                SiosCall *call,
                SiosPermissions needed,
                const char *action,
                SiosCallFunc func,
                gpointer user_data)
{
  gint64 now = g_get_monotonic_time ();
  guint wait = sios_guesses_get_wait (self->guesses, call->address, now);
  SiosPermissions permissions = 0;
  const char *token = get_bearer (call);

  if (!has_callers (self))
    refuse (self, call, action, REFUSED_NOT_CONFIGURED, 0);
  else if (wait > 0)
    /* Not even a right one: whoever guesses must not learn that it was right. */
    refuse (self, call, action, REFUSED_THROTTLED, wait);
  else if (token == NULL)
    refuse (self, call, action, REFUSED_NO_TOKEN, 0);
  else
    {
      if (self->tokens != NULL)
        call->caller = g_strdup (sios_tokens_find (self->tokens, token, &permissions));
      if (call->caller == NULL && self->users)
        {
          Pending pending = { self, sios_call_ref (call), g_strdup (action), func, user_data };

          sios_auth_verify_async (self->auth, token, "/api", call->address, NULL, verified_cb,
                                  g_memdup2 (&pending, sizeof pending));
        }
      else if (call->caller == NULL)
        {
          sios_guesses_add (self->guesses, call->address, now);
          refuse (self, call, action, REFUSED_WRONG_TOKEN, 0);
        }
      else if ((permissions & needed) != needed)
        refuse (self, call, action, REFUSED_PERMISSION, 0);
      else
        {
          self->n_passed++;
          func (call, user_data);
        }
    }
}

static void
gate_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  SiosGate *self = data;
  SiosMetric metric = { .group = "api", .kind = SIOS_METRIC_COUNTER };

  metric.name = "calls";
  metric.help = "Calls of the HTTP API that were permitted.";
  metric.value = self->n_passed;
  func (&metric, user_data);
  metric.name = "refused";
  metric.help = "Calls of the HTTP API that were refused, by reason.";
  metric.label = "reason";
  for (guint i = 0; i < N_REFUSED; i++)
    {
      metric.label_value = refusals[i].reason;
      metric.value = self->n_refused[i];
      func (&metric, user_data);
    }
}

const SiosFeature sios_gate_feature = {
  .name = "gate",
  .create = gate_create,
  .destroy = gate_destroy,
  .prepare = gate_prepare,
  .release = gate_release,
  .configure = gate_configure,
  .listen = gate_listen,
  .metrics = gate_metrics,
};
