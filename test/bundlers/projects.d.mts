import type { Page } from 'playwright-core';

interface Bundler {
  readonly packages: readonly string[];
}
export function npm(args: readonly string[], cwd: string): string;
export function packed(): { archive: string; files: { path: string }[]; unpackedSize: number };
export function linkedProject(folder: string, archive: string): string;
export function linkPackages(folder: string, names: readonly string[]): void;
export function installedProject(folder: string, archive: string, packages: readonly string[]): string;
export const PAGE: string;
export const STORE_PAGE: string;
export const LONE_STORE_PAGE: string;
export const PROGRAM: string;
export const HTML: string;
export const PAGE_BUNDLERS: Record<string, Bundler & { threads: boolean; build(project: string): Promise<void> }>;
export const NODE_BUNDLERS: Record<string, Bundler & { build(project: string): Promise<string> }>;
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; said: string; answer(): unknown }>;
export const ISOLATION: Record<string, string>;
export function serve(folder: string, headers?: Record<string, string>): Promise<{ url: string; close(): void }>;
export interface PageBrowser {
  readonly page: Page;
  close(): Promise<void>;
}
export function openBrowser(): Promise<PageBrowser>;
export function answerOf(browser: PageBrowser, url: string): Promise<unknown>;
export function serveByVite(project: string, headers: Record<string, string>): Promise<{ url: string; close(): void }>;
