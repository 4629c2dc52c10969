pub(crate) mod gate {
    pub(crate) fn plain(text: &[u8]) -> Result<Vec<u8>, String> { Ok([text, b";\n"].concat()) }
    pub(crate) fn compound(text: &[u8], _: bool) -> Result<Vec<u8>, String> { Ok([b"DELIMITER ;;\n", text, b";;\nDELIMITER ;\n"].concat()) }
}
pub(crate) mod statements {
    pub(crate) fn without_definer(text: &[u8]) -> std::borrow::Cow<'_, [u8]> { text.into() }
}
