/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-engine-private.h"

/* How many may come, and what happens when there are more. */

const char *
sio_engine_check_peer (
    SioEngine *self, const char *address, guint n_own, guint n_own_address, SioIncidentKind *kind)
{
  SioIncidentInfo info = { .address = address, .tolerated = TRUE };

  /* Sessions count once more while their polls are connected; that errs on the safe side. */
  if (self->max_connections > 0 &&
      sio_peers_get_n_connections (self->peers) + sio_engine_get_n_sessions (self) >=
          (guint64) self->max_connections + n_own)
    {
      self->counters.refused[SIO_REFUSED_FULL]++;
      info.kind = SIO_INCIDENT_MAX_CONNECTIONS;
      info.text = "Too many connections";
    }
  else if (sio_peers_is_full (self->peers, address, n_own_address))
    {
      self->counters.refused[SIO_REFUSED_ADDRESS]++;
      info.kind = SIO_INCIDENT_MAX_CONNECTIONS_PER_ADDRESS;
      info.text = "Too many connections from this address";
    }
  else
    return NULL;
  *kind = info.kind;
  if (self->enforce_limits)
    return info.text;
  sio_engine_report_incident (self, &info);
  return NULL;
}

/**
 * sio_engine_get_max_connections:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:max-connections].
 *
 * Returns: the number, 0 if there is no limit
 *
 * Since: 0.1
 */
guint
sio_engine_get_max_connections (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->max_connections;
}

/**
 * sio_engine_set_max_connections:
 * @self: the engine
 * @n_connections: the number, 0 for no limit
 *
 * Sets [property@Sio.Engine:max-connections].
 *
 * Since: 0.1
 */
void
sio_engine_set_max_connections (SioEngine *self, guint n_connections)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  if (self->max_connections == n_connections)
    return;
  self->max_connections = n_connections;
  g_object_notify (G_OBJECT (self), "max-connections");
}

/**
 * sio_engine_get_max_connections_per_address:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:max-connections-per-address].
 *
 * Returns: the number, 0 if there is no limit
 *
 * Since: 0.1
 */
guint
sio_engine_get_max_connections_per_address (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->max_connections_per_address;
}

/**
 * sio_engine_set_max_connections_per_address:
 * @self: the engine
 * @n_connections: the number, 0 for no limit
 *
 * Sets [property@Sio.Engine:max-connections-per-address].
 *
 * Since: 0.1
 */
void
sio_engine_set_max_connections_per_address (SioEngine *self, guint n_connections)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  if (self->max_connections_per_address == n_connections)
    return;
  self->max_connections_per_address = n_connections;
  sio_peers_set_max_per_address (self->peers, n_connections);
  g_object_notify (G_OBJECT (self), "max-connections-per-address");
}

/**
 * sio_engine_get_enforce_limits:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:enforce-limits].
 *
 * Returns: `FALSE` if limits only count
 *
 * Since: 0.1
 */
gboolean
sio_engine_get_enforce_limits (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);

  return self->enforce_limits;
}

/**
 * sio_engine_set_enforce_limits:
 * @self: the engine
 * @enforce: whether limits do more than count
 *
 * Sets [property@Sio.Engine:enforce-limits].
 *
 * Since: 0.1
 */
void
sio_engine_set_enforce_limits (SioEngine *self, gboolean enforce)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  enforce = !!enforce;
  if (self->enforce_limits == enforce)
    return;
  self->enforce_limits = enforce;
  g_object_notify (G_OBJECT (self), "enforce-limits");
}

/**
 * sio_engine_get_slow_consumer_policy:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:slow-consumer-policy].
 *
 * Returns: what happens to clients that read too slowly
 *
 * Since: 0.1
 */
SioSlowConsumerPolicy
sio_engine_get_slow_consumer_policy (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE);

  return self->slow_consumer_policy;
}

/**
 * sio_engine_set_slow_consumer_policy:
 * @self: the engine
 * @policy: what happens to clients that read too slowly
 *
 * Sets [property@Sio.Engine:slow-consumer-policy]. Counts for what is sent from now on.
 *
 * Since: 0.1
 */
void
sio_engine_set_slow_consumer_policy (SioEngine *self, SioSlowConsumerPolicy policy)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (policy <= SIO_SLOW_CONSUMER_POLICY_DROP_OLDEST_VOLATILE);

  if (self->slow_consumer_policy == policy)
    return;
  self->slow_consumer_policy = policy;
  sio_engine_update_config (self);
  g_object_notify (G_OBJECT (self), "slow-consumer-policy");
}
