/** A process of the job, as the driver names it. */
const JOB = 'pid=48211, name=python3';
const NVLINK_WORDS = 'XC0 i0 Link 03 (0x00000004 0x00000008 0x00000000 0x00000000 0x00000000 0x00000000)';

/**
 * What the driver prints after the code, in the shape of its own records: with or without the process, and with the
 * fields that parsers look for (docs.nvidia.com/deploy/xid-errors; records seen in leptonai/gpud, NVIDIA/NVSentinel and
 * NVIDIA/DCGM tests).
 */
const TEXTS: Readonly<Record<number, string>> = {
  13: `${JOB}, Graphics SM Warp Exception on (GPC 3, TPC 1, SM 0): Out Of Range Address`,
  31: `${JOB}, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f21_40000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ`,
  32: `${JOB}, Channel ID 00000008 intr0 00040000`,
  43: `${JOB}, Ch 00000008`,
  45: `${JOB}, Ch 00000008`,
  48: "pid='<unknown>', name=<unknown>, An uncorrectable double bit error (DBE) has been detected on GPU in the framebuffer at physical address 0x1b60d4e2a0",
  61: "pid='<unknown>', name=<unknown>, 0cde(31c4) 00000000 00000000",
  62: "pid='<unknown>', name=<unknown>, 2b9d(3120) 00000000 00000000",
  63: "pid='<unknown>', name=<unknown>, Row Remapper: New row (0x0000000b60d4e2a0) marked for remapping, reset gpu to activate.",
  64: "pid='<unknown>', name=<unknown>, Row Remapper: Error recording row (0x0000000b60d4e2a0) for remapping.",
  69: `${JOB}, Class Error: ChId 0008, Class 0000cbc0, Offset 00000000, Data 00000000, ErrorCode 0000000c`,
  74: "pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link 3(0x10000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
  79: `${JOB}, GPU has fallen off the bus.`,
  92: "pid='<unknown>', name=<unknown>, High single bit ECC error rate",
  94: `${JOB}, Contained: SM (0x1). RST: No, D-RST: No`,
  95: "pid='<unknown>', name=<unknown>, Uncontained: LTC TAG (0x2,0x0). RST: Yes, D-RST: No",
  109: `${JOB}, Ch 00000008, errorString CTX SWITCH TIMEOUT, Info 0x54c038`,
  110: "pid='<unknown>', name=<unknown>, Security fault",
  119: `${JOB}, Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080a097 0x4).`,
  120: "pid='<unknown>', name=<unknown>, GSP task exception: misaligned load (cause:0x4) @ pc:0x1a2b3c, task: 1",
  121: 'pid=0, name=swapper, C2C link fatal error detected',
  136: "pid='<unknown>', name=<unknown>, NVLink ALI training failed on link 3",
  140: "pid='<unknown>', name=<unknown>, An uncorrectable ECC error detected (possible firmware handling failure) DRAM:1, LTC:0, MMU:0, PCIE:0",
  144: `SAW_MVB Nonfatal ${NVLINK_WORDS}`,
  145: `RLW_CTRL Nonfatal ${NVLINK_WORDS}`,
  146: `TLW_CTRL Nonfatal ${NVLINK_WORDS}`,
  147: `TREX Nonfatal ${NVLINK_WORDS}`,
  148: `NVLPW_CTRL Nonfatal ${NVLINK_WORDS}`,
  149: `NETIR_LINK_EVT  Fatal   ${NVLINK_WORDS}`,
  150: `MSE_WATCHDOG Fatal ${NVLINK_WORDS}`,
  154: 'GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)',
};

/** The rest of an Xid record; a code without a known wording gets a plain one. */
export const xidText = (code: number): string => TEXTS[code] ?? `${JOB}, Ch 00000008`;
