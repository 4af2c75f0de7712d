/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-caller.h"

#include <string.h>

#include "sios-record.h"

void
sios_caller_audit (const SiosCaller *caller,
                   const char *action,
                   const char *target,
                   const char *outcome)
{
  static const char *const kinds[] = { "signal", "dbus", "http", "admin" };
  const SiosField fields[] = { { "SIO_CALLER_KIND", kinds[caller->kind] },
                               { "SIO_CALLER", caller->name },
                               { "SIO_CALLER_ADDRESS", caller->address },
                               { "SIO_ACTION", action },
                               { "SIO_TARGET", target },
                               { "SIO_OUTCOME", outcome },
                               { NULL } };
  gboolean done = strcmp (outcome, "done") == 0;

  sios_record_write (
      done ? SIOS_RECORD_AUDIT : SIOS_RECORD_CONTROL_DENIED, fields, "%s by %s%s%s (%s)%s%s: %s",
      action, caller->name != NULL ? caller->name : "unknown",
      caller->address != NULL ? " at " : "", caller->address != NULL ? caller->address : "",
      kinds[caller->kind], target != NULL ? " on " : "", target != NULL ? target : "", outcome);
}
