-- One Neovim: a hover that must say what is in the file SAYS; then it quits with the server running.
local bridged = dofile(os.getenv('HERE') .. '/bridged.lua')

bridged.run(function()
  bridged.start()
  bridged.open('main.go')
  local hover = bridged.ask('textDocument/hover', bridged.at('Greet("', 1))
  bridged.check('hover text', hover.contents.value:find(vim.fn.readfile(os.getenv('SAYS'))[1], 1, true), hover)
end)
