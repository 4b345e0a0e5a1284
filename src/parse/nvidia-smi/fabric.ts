import type { Gpu, Raw, S } from '../../api.ts';
import type { Leaves } from './leaves.ts';

/** The NVLink fabric, in the driver's own words: what is healthy differs by machine, so nothing is judged here. */
export const fabric = ({ text }: Leaves): Raw<Gpu>['fabric'] => {
  const health = (name: string): S => text(`fabric/health/${name}`);
  return {
    state: text('fabric/state'),
    status: text('fabric/status'),
    cliqueId: text('fabric/cliqueId'),
    clusterUuid: text('fabric/clusterUuid'),
    health: {
      summary: health('summary'),
      bandwidth: health('bandwidth'),
      routeRecoveryInProgress: health('route_recovery_in_progress'),
      routeUnhealthy: health('route_unhealthy'),
      accessTimeoutRecovery: health('access_timeout_recovery'),
      incorrectConfiguration: health('incorrect_configuration'),
    },
  };
};
