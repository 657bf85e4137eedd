-- A session as Neovim has it, in a copy of ../module. END (from run.sh) is stop: wait for the server's
-- end; or quit: leave that to Neovim.
local bridged = dofile(os.getenv('HERE') .. '/bridged.lua')
local ask, at, check = bridged.ask, bridged.at, bridged.check

bridged.run(function()
  bridged.start()
  bridged.open('main.go')
  local hover = ask('textDocument/hover', at('Greet("', 1))
  check('hover text', hover.contents.value:find('func Greet(name string) string', 1, true), hover)
  local definition = ask('textDocument/definition', at('Greet("', 1))
  check('definition line', (definition[1] or definition).range.start.line == 5, definition)
  local rename = at('Greet(n', 1)
  rename.newName = 'Welcome'
  local edit = ask('textDocument/rename', rename)
  local files = edit.documentChanges and #edit.documentChanges or vim.tbl_count(edit.changes or {})
  check('rename both files', files == 2, edit)

  bridged.open('unfinished.go', 'unfinished.go.txt')
  local completion = ask('textDocument/completion', at('Printl', 6))
  local labels = vim.tbl_map(function(item) return item.label end, completion.items)
  check('completion items', vim.tbl_contains(labels, 'Println'), labels)

  bridged.open('faulty.go', 'faulty.go.txt')
  bridged.wait_diagnostics('diagnostics text', 'faulty.go', function(all)
    return all[1] and all[1].message:find('cannot use "not a number"', 1, true)
  end)
  if os.getenv('END') == 'stop' then bridged.stop() end
end)
