/** Fields of one GPU in the text of `nvidia-smi -q -x` as others: `onGpu(2, { gpu_temp: '90 C' })`. */
export const onGpu =
  (index: number, fields: Readonly<Record<string, string>>) =>
  (xml: string): string => {
    const gpus = xml.split('<gpu id');
    const gpu = gpus[index + 1];
    if (gpu === undefined) throw new Error(`nvidia-smi prints no GPU ${index}`);
    gpus[index + 1] = Object.entries(fields).reduce((text, [tag, value]) => {
      if (!text.includes(`<${tag}>`)) throw new Error(`nvidia-smi prints no ${tag}`);
      return text.replace(new RegExp(`<${tag}>[^<]*`), `<${tag}>${value}`);
    }, gpu);
    return gpus.join('<gpu id');
  };

/** The same of all GPUs. */
export const onAllGpus =
  (fields: Readonly<Record<string, string>>) =>
  (xml: string): string =>
    Array.from({ length: xml.split('<gpu id').length - 1 }, (_, index) => index).reduce(
      (text, index) => onGpu(index, fields)(text),
      xml,
    );
