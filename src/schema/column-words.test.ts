// Holds the types of columns as the compiler knows them to those that are served.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { columnTypes } from '../types/index.ts'

it('knows every column type, in the family that it has', () => {
  expect(familiesOf(new URL('./column-words.ts', import.meta.url))).toEqual(
    Object.fromEntries([...columnTypes].map(([name, type]) => [name, name === 'tsvector' ? 'search' : type.family])),
  )
})

/** The rows of the interface `ColumnTypes`: what stands there, by name. */
function familiesOf(file: URL): Record<string, string> {
  const source = ts.createSourceFile(file.pathname, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const types = source.statements.filter(ts.isInterfaceDeclaration).find(one => one.name.text === 'ColumnTypes')
  const rows = types?.members.filter(ts.isPropertySignature) ?? []
  return Object.fromEntries(rows.map(row => [row.name.getText(), familyOf(row.type as ts.TypeReferenceNode)]))
}

/** The fourth argument of `Type<…>`, which is `ordered` where it is left out. */
function familyOf(type: ts.TypeReferenceNode): string {
  if (type.typeName.getText() === 'Shown') return 'none'
  return type.typeArguments?.[3]?.getText().slice(1, -1) ?? 'ordered'
}
