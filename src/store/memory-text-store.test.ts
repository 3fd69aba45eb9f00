import { MemoryTextStore } from './memory-text-store.ts';
import { testTextStore } from './text-store.contract.ts';

const once = <Store>(create: () => Promise<Store>) => {
  let opened = false;
  return async () => {
    if (opened) return undefined; // it is gone when it is closed
    opened = true;
    return create();
  };
};

testTextStore(
  'MemoryTextStore',
  once(async () => new MemoryTextStore()),
);
