// Writes the API reference into docs/api: a page of markdown for each import of package.json, made of the doc comments.
//   npm run docs        `node scripts/docs.mjs FOLDER` writes it elsewhere
// It is made when the package is packed and is not committed. A warning of typedoc is an error here.
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, LiteralType, LogLevel, ReflectionKind, UnionType } from 'typedoc';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = resolve(process.argv[2] ?? join(root, 'docs/api'));
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The import that a source file is, such as wordkin/model. Of imports with the same types the first counts. */
const imports = new Map();
for (const [path, { types }] of Object.entries(exports)) {
  const source = types && join(root, types.replace('./dist/', 'src/').replace('.d.ts', '.ts'));
  if (source && !imports.has(source)) imports.set(source, `${name}${path.slice(1)}`);
}

const settings = {
  // `wordkin` refers to what the pages of the subjects describe, so it is the last.
  entryPoints: [...imports.keys()].sort((a, b) => Number(imports.get(a) === name) - Number(imports.get(b) === name)),
  sortEntryPoints: false,
  tsconfig: join(root, 'tsconfig.build.json'),
  plugin: ['typedoc-plugin-markdown'],
  out,
  name,
  readme: 'none',
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  treatWarningsAsErrors: true,
  skipErrorChecking: true, // `npm run check` does it, in a fraction of the time
  outputFileStrategy: 'modules',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  logLevel: LogLevel.Warn,
};
const application = await Application.bootstrapWithPlugins(settings);
// Only what the imports lead to is read, not all that is built.
const { options, logger } = application;
options.setCompilerOptions(settings.entryPoints, options.getCompilerOptions(logger), undefined);
application.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
  for (const module of context.project.getChildrenByKind(ReflectionKind.Module)) {
    module.name = imports.get(context.project.getSymbolIdFromReflection(module)?.fileName) ?? module.name;
  }
  for (const alias of context.project.getReflectionsByKind(ReflectionKind.TypeAlias)) writeOutLiterals(context, alias);
});

const project = await application.convert();
if (project) {
  application.validate(project);
  rmSync(out, { recursive: true, force: true });
  await application.generateOutputs(project);
}
if (!project || application.logger.hasErrors() || application.logger.hasWarnings()) process.exitCode = 1;

/** A type that is one of the strings of a list shows these strings, not the name of the list. */
function writeOutLiterals(context, alias) {
  if (alias.type?.type !== 'indexedAccess') return;
  const symbol = context.getSymbolFromReflection(alias);
  const declared = context.programs[0].getTypeChecker().getDeclaredTypeOfSymbol(symbol);
  const parts = declared.isUnion() ? declared.types : [declared];
  if (!parts.every((part) => part.isStringLiteral())) return;
  alias.type = new UnionType(parts.map(({ value }) => new LiteralType(value)));
}
