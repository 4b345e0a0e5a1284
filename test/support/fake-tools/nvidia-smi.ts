/** Shell scripts by which a hand-made `nvidia-smi` behaves; they use built-ins, /bin/cat and /bin/sleep alone. */

/** Answers `-q -x` from a file and fails on everything else, as in a container with an old or a cut-down tool. */
export const DESCRIBES_ONLY = `
if [ "$*" = "-q -x" ]; then exec /bin/cat "$answers/q-x"; fi
echo "Invalid combination of input arguments." >&2
exit 2`;

/** Says a line and ends, whatever it is asked. */
export const says = (text: string, exitCode: number): string =>
  `/bin/cat <<'END_OF_ANSWER'\n${text}\nEND_OF_ANSWER\nexit ${exitCode}`;

/** The words that libnvidia-ml and nvidia-smi have for their own failures. */
export const WORDS = {
  driverNotLoaded:
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
  mismatch: 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.105',
  noDevices: 'No devices were found',
  lostGpu: 'Unable to determine the device handle for GPU0000:1B:00.0: Unknown Error',
} as const;

/** Only SIGKILL ends it. */
export const HANGS = "trap '' TERM INT HUP\nexec /bin/sleep 600";

/** Prints without end, and faster than anybody reads. */
export const FLOODS = 'while :; do printf "%08192d\\n" 0; done';
