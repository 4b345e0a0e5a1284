import {
  type Absent,
  absent,
  type CommandResult,
  type Component,
  type GpuNvLinks,
  known,
  type NvLink,
  type Raw,
  type Reading,
} from '../../api.ts';
import { firstLine } from '../first-line.ts';
import { quantity } from '../quantity.ts';
import { optionalFailureOf } from './errors.ts';
import { linkErrors, type NvLinkBlock, nvLinkBlocks, unreadErrors } from './nvlink-text.ts';

type RawErrors = ReturnType<typeof linkErrors>;
type RawLinks = Reading<readonly Raw<NvLink>[]>;

const component = ({ index, uuid, model }: NvLinkBlock): Component => ({
  kind: 'gpu',
  key: `gpu:${uuid ?? `#${index}`}`,
  index,
  ...(uuid === undefined ? {} : { uuid }),
  ...(model === undefined ? {} : { model }),
});

/** `NVML: Unable to retrieve NVLink information as all links are inactive`, also spelled `inActive`. */
const ALL_INACTIVE = /all links are inactive/i;
const NO_NVLINK = /does not have or support nvlink|not supported/i;

/** A GPU about which the tool prints one line instead of links. */
const withoutLinks = ({ index, remarks }: NvLinkBlock): RawLinks => {
  const said = remarks.join(' ');
  // Nothing is up: an empty list, which the expected number of links tells from a healthy GPU.
  if (ALL_INACTIVE.test(said)) return known([]);
  const detail = `nvidia-smi nvlink -s, GPU ${index}: ${firstLine(said) ?? 'neither links nor a reason'}`;
  if (NO_NVLINK.test(said)) return absent('unsupported', detail);
  return absent(/GPU is lost/i.test(said) ? 'lost' : 'failed', detail);
};

const readLink = (link: number, text: string, errors: RawErrors | Absent): Reading<Raw<NvLink>> => {
  const counters =
    'ok' in errors
      ? unreadErrors(errors)
      : (errors.get(link) ?? unreadErrors(absent('failed', `nvidia-smi nvlink -e prints nothing of link ${link}`)));
  if (/^<?inactive>?$/i.test(text)) {
    return known({ link, up: false, rateGBps: absent('unsupported', 'the link is inactive'), errors: counters });
  }
  const rateGBps = quantity(text, 'GB/s');
  // A link that is neither up nor inactive is not known to be either.
  return rateGBps.ok ? known({ link, up: true, rateGBps, errors: counters }) : rateGBps;
};

const readLinks = (block: NvLinkBlock, errors: RawErrors | Absent): RawLinks => {
  if (block.links.length === 0) return withoutLinks(block);
  const at = `nvidia-smi nvlink -s, GPU ${block.index}`;
  if (block.remarks.length > 0) return absent('failed', `${at}: ${firstLine(block.remarks.join(' '))}`);
  const links: Raw<NvLink>[] = [];
  for (const { link, text } of block.links) {
    const read = readLink(link, text, errors);
    if (!read.ok) return absent('failed', `${at}, link ${link}: ${read.detail}`);
    links.push(read.value);
  }
  return known(links);
};

/** Why there are no errors to merge: the second command failed, or said nothing. */
const errorBlocks = (errors: Reading<CommandResult>): readonly NvLinkBlock[] | Absent => {
  if (!errors.ok) return errors;
  const blocks = nvLinkBlocks(errors.value.stdout);
  return blocks.length === 0 ? optionalFailureOf('nvlink -e', errors.value) : blocks;
};

/**
 * Nothing at all and a good end: an A10, and an H200 whose links the module parameter NvLinkDisable turned off (real
 * recording, driver 580.159). Which of the two it is the tool does not say; the machine profile does.
 */
const isSilent = ({ exitCode, stdout, stderr }: CommandResult): boolean =>
  exitCode === 0 && firstLine(stdout) === undefined && firstLine(stderr) === undefined;

/**
 * The NVLinks by GPU: `nvidia-smi nvlink -s` says which are up, `nvlink -e` adds the error counters. Where the second
 * gave nothing, only the counters are absent. A GPU that the tool says nothing of is not in the list; silence is an empty one.
 */
export const readNvLinks = (
  status: CommandResult,
  errors: Reading<CommandResult>,
): Reading<readonly Raw<GpuNvLinks>[]> => {
  if (isSilent(status)) return known([]);
  const blocks = nvLinkBlocks(status.stdout);
  if (blocks.length === 0) return optionalFailureOf('nvlink -s', status);
  const counted = errorBlocks(errors);
  return known(
    blocks.map((block) => {
      const missing = absent('failed', `nvidia-smi nvlink -e prints nothing of GPU ${block.index}`);
      const same = 'ok' in counted ? undefined : counted.find(({ index }) => index === block.index);
      const read = 'ok' in counted ? counted : same === undefined ? missing : linkErrors(same);
      return { ref: component(block), links: readLinks(block, read) };
    }),
  );
};
