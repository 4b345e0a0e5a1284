/** Whether a path is one of these directories or lies below one. */
export const isWithin = (path: string, directories: readonly string[]): boolean =>
  directories.some((directory) => path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`));

/** What containers and users bring along: full or broken, it is not the node's. */
export const FOREIGN_PATHS = {
  default: ['/var/lib/kubelet/pods', '/var/lib/kubelet/plugins', '/run/media', '/media'],
  source: 'Kubernetes mounts the volumes of pods below /var/lib/kubelet, udisks removable media below /run/media',
  help: 'Filesystems that are mounted at or below these paths only are left alone.',
} as const;
