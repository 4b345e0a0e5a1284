import { defineCheck, type Judgement, type S } from '../../src/api.ts';
import { condition, drain } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'firmware/driver-mismatch',
  title: 'The NVIDIA library and the loaded kernel module differ',
  why: 'After an upgrade without a reload every new CUDA process fails at once, while processes that already run go on.',
  source: 'NVIDIA nvml.h, NVML_ERROR_LIB_RM_VERSION_MISMATCH; /proc/driver/nvidia/version',
  remedy:
    'Drain the node and reboot it, or stop every user of the GPUs and reload the module: `systemctl stop nvidia-persistenced nvidia-fabricmanager dcgm; rmmod nvidia_drm nvidia_modeset nvidia_uvm nvidia && modprobe nvidia`. Then compare `cat /proc/driver/nvidia/version` with `nvidia-smi`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['driver'],
  uses: ['driverModule'],
  rules: {
    'library-mismatch': condition('CRITICAL', 'NVML refuses: driver/library version mismatch', drain('reboot')),
    'version-mismatch': condition(
      'CRITICAL',
      'The driver that answers is not the module that is loaded',
      drain('reboot'),
      'where /proc/driver/nvidia or /sys/module/nvidia can be read',
    ),
  },
  judge: ({ driver, driverModule }) => {
    const module = driverModule.ok ? driverModule.value.version : driverModule;
    return [libraryMismatch(), ...versionMismatch()];

    function libraryMismatch(): Judgement<'library-mismatch'> {
      const code = 'library-mismatch';
      const { libraryMismatch: refused, libraryVersion } = driver;
      if (!refused.ok) return { unjudged: driver.ref, code, because: refused, expected: true };
      if (!refused.value) return { pass: driver.ref, code };
      const named = (what: string, version: S): string => (version.ok ? `${what} ${version.value}` : what);
      return {
        finding: {
          component: driver.ref,
          code,
          message: `NVML refuses to start: its ${named('library', libraryVersion)} does not match the loaded ${named('kernel module', module)}`,
          ...(libraryVersion.ok ? { observed: `library ${libraryVersion.value}` } : {}),
          ...(module.ok ? { expected: `library ${module.value}` } : {}),
          evidence: {
            ...(libraryVersion.ok ? { library_version: libraryVersion.value } : {}),
            ...(module.ok ? { module_version: module.value } : {}),
          },
        },
      };
    }

    function versionMismatch(): readonly Judgement<'version-mismatch'>[] {
      const code = 'version-mismatch';
      const refused = driver.libraryMismatch;
      if (!refused.ok) return [{ unjudged: driver.ref, code, because: refused }];
      // The refusal is this very mismatch, told by NVML itself: no second finding, and no version to compare.
      if (refused.value) return [];
      if (!driver.version.ok) {
        // Where no device is found the version is not printed, and nothing is wrong with it.
        const expected = module.ok && driver.version.reason !== 'no-device';
        return [{ unjudged: driver.ref, code, because: driver.version, expected }];
      }
      if (!module.ok) return [{ unjudged: driver.ref, code, because: module }];
      if (driver.version.value === module.value) return [{ pass: driver.ref, code }];
      return [
        {
          finding: {
            component: driver.ref,
            code,
            message: `the driver answers as ${driver.version.value}, the loaded kernel module is ${module.value}`,
            observed: module.value,
            expected: driver.version.value,
            evidence: { driver_version: driver.version.value, module_version: module.value },
          },
        },
      ];
    }
  },
});
