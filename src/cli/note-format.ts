import { formatByName } from '../model/formats/writable-formats.ts';
import { note } from './output.ts';

/** Tells where the ending of an output names no format, so that the format is that of all names without one. */
export function noteFormat(output: string): void {
  if (/\.\w+$/.test(output) && !/\.safetensors$/i.test(output) && formatByName(output) === 'safetensors')
    note(`${output} is written as safetensors: its ending names no format`);
}
