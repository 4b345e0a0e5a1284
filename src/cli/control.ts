import { usageError } from '../errors.ts';
import { type AskOptions, ask } from './ask.ts';

/** `muster control reload | collect | inject FAULT | recover FAULT`. */
export const control = async (words: readonly string[], options: AskOptions): Promise<number> => {
  const [verb = '', fault, ...rest] = words;
  const isFault = verb === 'inject' || verb === 'recover';
  if (rest.length > 0 || isFault !== (fault !== undefined)) return usage();
  switch (verb) {
    case 'reload':
      return ask(verb, {}, options, 'the configuration was read again');
    case 'collect':
      return ask(verb, {}, options, 'every source has been asked');
    case 'inject':
    case 'recover':
      return ask(verb, { fault: fault ?? '' }, options, `${verb === 'inject' ? 'injected' : 'recovered'} ${fault}`);
    default:
      return usage();
  }
};

const usage = (): never => {
  throw usageError('control takes reload, collect, inject FAULT or recover FAULT, such as inject xid79@gpu3');
};
