/**
 * After boot links train and the fabric manager starts, for some minutes: alarms of that time were false on 214 nodes in
 * three weeks (NVIDIA/NVSentinel issue 1701). Its system-services-monitor waits as long.
 */
export const BOOT_GRACE_SECONDS = 300;
