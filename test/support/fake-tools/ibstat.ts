const port = (device: string): string => `CA '${device}'
	CA type: MT4129
	Number of ports: 1
	Firmware version: 28.39.1002
	Hardware version: 0
	Node GUID: 0xb8e924030011223${device.at(-1)}
	System image GUID: 0xb8e924030011223${device.at(-1)}
	Port 1:
		State: Active
		Physical state: LinkUp
		Rate: 400
		Base lid: ${100 + Number(device.at(-1))}
		LMC: 0
		SM lid: 1
		Capability mask: 0xa751e848
		Port GUID: 0xb8e924030011223${device.at(-1)}
		Link layer: InfiniBand`;

/** Describes some ports and then gives up, as it does when a device vanished from the bus. */
export const PANICS = `/bin/cat <<'END_OF_ANSWER'
${['mlx5_0', 'mlx5_1', 'mlx5_2'].map(port).join('\n')}
END_OF_ANSWER
echo "ibpanic: [4711] main: stat of IB device 'mlx5_8' failed: No such file or directory" >&2
exit 255`;
